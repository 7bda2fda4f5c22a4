#!/usr/bin/env bash
# Makes the MSI of a finished exe, with wixl and msibuild (Debian's packages wixl and msitools):
#
#   packaging/msi.sh [EXE [MSI [VERSION]]]
#
# From the checkout:
#
#   EXE           default: dist/icinga-warden.exe
#   MSI           default: dist/icinga-warden.msi
#   VERSION       default: that of deno.json
#   SIGN_COMMAND  signs the MSI in place, as in compile.sh (default: the MSI is not signed)
#
# The service is registered, started and removed by the exe's own commands.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exe=${1:-dist/icinga-warden.exe}
msi=${2:-dist/icinga-warden.msi}
version=${3:-$(sed -n 's/^  "version": "\(.*\)",/\1/p' "$here/../deno.json")}
for tool in wixl msibuild; do
  command -v "$tool" >/dev/null || { echo "msi.sh: there is no $tool; install Debian's wixl and msitools" >&2; exit 1; }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ln -s "$(realpath "$exe")" "$folder/icinga-warden.exe"
sed 's/$/\r/' "$here/../LICENSE" >"$folder/LICENSE.txt"
cp "$here/icinga-warden.wxs" "$folder/"
(cd "$folder" && wixl --arch x64 -D Version="$version" --output warden.msi icinga-warden.wxs)

queries=()

# Adds an action to what an installation does: its kind, place in the sequence, what it does, and when.
action() { # <name> <type> <sequence> <source> <target> <condition>
  queries+=(
    "INSERT INTO \`CustomAction\` (\`Action\`, \`Type\`, \`Source\`, \`Target\`) VALUES ('$1', $2, '$4', '$5')"
    "INSERT INTO \`InstallExecuteSequence\` (\`Action\`, \`Condition\`, \`Sequence\`) VALUES ('$1', '$6', $3)"
  )
}

# The kinds of custom actions are sums: see "Summary List of All Custom Action Types" in Microsoft's documentation.
readonly fail=19 set=51 run=$((34 + 1024 + 2048)) ignore=64 rollback=256

# What is printed is appended to install.log beside the exe. Windows Installer puts folders in with a \ at their end.
shell='"[System64Folder]cmd.exe" /d /s /c'
log='>>"[INSTALLDIR]install.log" 2>&1'
warden() { # <arguments>
  printf '%s ""[INSTALLDIR]icinga-warden.exe" %s %s"' "$shell" "$1" "$log"
}

# The properties count when the service is registered, and never in a repair: any user may start a repair, and what
# it runs has all rights.
new='NOT Installed AND NOT SERVICE_IMAGE'
flag() { action "$1" $set "$2" Flags "[Flags] $3" "$new AND $4"; } # <name> <sequence> <flags> <condition>
flag HomeFlag 1011 '--home "[HOME]."' 'HOME <> INSTALLDIR'
flag ConfigFlag 1012 '--config "[CONFIG]"' CONFIG
flag AccountFlag 1013 '--account "[ACCOUNT]"' ACCOUNT
flag ModeFlag 1014 '--mode "[MODE]"' MODE
flag PermissionsFlag 1015 --fix-permissions 'NOT CONFIG AND (ACCOUNT OR HOME <> INSTALLDIR)'

elsewhere='The service icinga-warden runs another exe than [INSTALLDIR]icinga-warden.exe.'
elsewhere+=' Call "icinga-warden service uninstall" there first; its home stays, and HOME names it.'
action Elsewhere $fail 1010 '' "$elsewhere" 'NOT Installed AND SERVICE_IMAGE AND NOT (SERVICE_IMAGE ~>< INSTALLDIR)'

starts='START <> "0" AND SERVICE_START <> "#3" AND SERVICE_START <> "#4"'
removes='REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE'
action Remove $((run + ignore)) 1651 INSTALLDIR "$(warden 'service uninstall')" "$removes AND PURGE <> \"1\""
purge='"[INSTALLDIR]icinga-warden.exe" service uninstall --purge & del "[INSTALLDIR]install.log"'
action Purge $((run + ignore)) 1652 INSTALLDIR "$shell \"$purge\"" "$removes AND PURGE = \"1\""
# Without the exe: a rollback may have removed it already.
sc='"[System64Folder]sc.exe"'
action TakeBack $((run + ignore + rollback)) 4001 TARGETDIR "$shell \"$sc stop icinga-warden & $sc delete icinga-warden\"" "$new"
action Register $run 4002 INSTALLDIR "$(warden 'service install --force[Flags]')" 'NOT Installed'
action Start $run 5901 INSTALLDIR "$(warden 'service start')" "NOT Installed AND $starts"

queries+=(
  # An upgrade removes the feature of the old version. Wine knows no UPGRADINGPRODUCTCODE, and would take it for an end.
  "UPDATE \`Upgrade\` SET \`Remove\` = 'Main' WHERE \`ActionProperty\` = 'WIX_UPGRADE_DETECTED'"
  # The old version is removed inside of the transaction: it comes back when the new one fails.
  "UPDATE \`InstallExecuteSequence\` SET \`Sequence\` = 1501 WHERE \`Action\` = 'RemoveExistingProducts'"
  "UPDATE \`InstallExecuteSequence\` SET \`Condition\` = 'REINSTALL AND SERVICE_START = \"#2\"' WHERE \`Action\` = 'StartServices'"
  "UPDATE \`Property\` SET \`Value\` = 'WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;HOME;ACCOUNT;START;CONFIG;MODE;PURGE;SERVICE_IMAGE;SERVICE_START' WHERE \`Property\` = 'SecureCustomProperties'"
  "UPDATE \`File\` SET \`Version\` = '$version.0', \`Language\` = '1033' WHERE \`File\` = 'Exe'"
  # wixl writes no short names.
  "UPDATE \`File\` SET \`FileName\` = 'WARDEN.EXE|icinga-warden.exe' WHERE \`File\` = 'Exe'"
  "UPDATE \`Directory\` SET \`DefaultDir\` = 'WARDEN|icinga-warden' WHERE \`Directory\` = 'INSTALLDIR'"
)
msibuild "$folder/warden.msi" -q "${queries[@]}"
mkdir -p "$(dirname "$msi")"
mv "$folder/warden.msi" "$msi"
[[ -z ${SIGN_COMMAND:-} ]] || { read -ra sign <<<"$SIGN_COMMAND" && "${sign[@]}" "$msi"; }
printf '%s  %s bytes  sha256 %s\n' "$msi" "$(wc -c <"$msi")" "$(sha256sum "$msi" | cut -d' ' -f1)"
