/** An event of Icinga 2 as Windows writes it in XML; `at` in ms since the Unix epoch. */
export function eventXml(at: number, text: string): string {
  const time = new Date(at).toISOString().replace(/\.\d+Z/, ".0001234Z");
  const said = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>" +
    "<Provider Name='Icinga 2'/><EventID Qualifiers='0'>1</EventID><Version>0</Version><Level>2</Level>" +
    "<Task>0</Task><Opcode>0</Opcode><Keywords>0x80000000000000</Keywords>" +
    `<TimeCreated SystemTime='${time}'/><EventRecordID>4711</EventRecordID><Correlation/>` +
    "<Execution ProcessID='0' ThreadID='0'/><Channel>Application</Channel><Computer>host</Computer>" +
    `<Security/></System><EventData><Data>${said}</Data></EventData></Event>`;
}
