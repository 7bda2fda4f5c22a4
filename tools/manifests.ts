/**
 * Writes the manifests of a release for winget and Chocolatey:
 * `deno run -A tools/manifests.ts FOLDER VERSION OWNER/REPOSITORY MSI`.
 *
 * @module
 */
import { dirname, join } from "node:path";

/** A release that is published on GitHub. */
export interface Release {
  version: string;
  /** `owner/repository` */
  repository: string;
  /** Of the MSI, in hexadecimal. */
  sha256: string;
}

/** That of the manifests for winget. */
const WINGET = "1.10.0";

const SUMMARY = "Keeps the Icinga 2 agent service on Windows running";

if (import.meta.main) {
  const [folder = "", version = "", repository = "", msi = ""] = Deno.args;
  const sum = await crypto.subtle.digest("SHA-256", await Deno.readFile(msi));
  const sha256 = new Uint8Array(sum).toHex();
  for (const [name, text] of Object.entries(makeManifests({ version, repository, sha256 }))) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
}

/** The texts of the files, by their paths. */
export function makeManifests(release: Release): Record<string, string> {
  const id = identifier(release);
  return {
    [`winget/${id}.yaml`]: wingetVersion(release),
    [`winget/${id}.installer.yaml`]: wingetInstaller(release),
    [`winget/${id}.locale.en-US.yaml`]: wingetLocale(release),
    "chocolatey/icinga-warden.nuspec": nuspec(release),
    "chocolatey/tools/chocolateyinstall.ps1": chocolateyInstall(release),
  };
}

function identifier({ repository }: Release): string {
  return repository.replace("/", ".");
}

function page({ repository }: Release): string {
  return `https://github.com/${repository}`;
}

function address(release: Release): string {
  return `${page(release)}/releases/download/v${release.version}/icinga-warden.msi`;
}

function winget(type: string, release: Release, lines: string): string {
  return `# yaml-language-server: $schema=https://aka.ms/winget-manifest.${type}.${WINGET}.schema.json
PackageIdentifier: ${identifier(release)}
PackageVersion: "${release.version}"
${lines}
ManifestType: ${type}
ManifestVersion: ${WINGET}
`;
}

function wingetVersion(release: Release): string {
  return winget("version", release, "DefaultLocale: en-US");
}

function wingetInstaller(release: Release): string {
  return winget(
    "installer",
    release,
    `Platform: [Windows.Desktop]
MinimumOSVersion: 10.0.16299.0
InstallerType: msi
Scope: machine
UpgradeBehavior: install
ElevationRequirement: elevationRequired
Installers:
  - Architecture: x64
    InstallerUrl: ${address(release)}
    InstallerSha256: ${release.sha256.toUpperCase()}`,
  );
}

function wingetLocale(release: Release): string {
  return winget(
    "defaultLocale",
    release,
    `PackageLocale: en-US
Publisher: icinga-warden
PublisherUrl: ${page(release)}
PackageName: icinga-warden
PackageUrl: ${page(release)}
License: MIT
LicenseUrl: ${page(release)}/blob/v${release.version}/LICENSE
ShortDescription: ${SUMMARY}
Tags: [icinga, monitoring, service]
ReleaseNotesUrl: ${page(release)}/releases/tag/v${release.version}`,
  );
}

function nuspec(release: Release): string {
  const source = page(release);
  return `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2015/06/nuspec.xsd">
  <metadata>
    <id>icinga-warden</id>
    <version>${release.version}</version>
    <owners>icinga-warden</owners>
    <title>icinga-warden</title>
    <authors>icinga-warden</authors>
    <projectUrl>${source}</projectUrl>
    <licenseUrl>${source}/blob/v${release.version}/LICENSE</licenseUrl>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <tags>icinga monitoring service admin</tags>
    <summary>${SUMMARY}</summary>
    <description>${SUMMARY}. Properties of the MSI: choco install icinga-warden --install-arguments="MODE=observe"</description>
    <releaseNotes>${source}/releases/tag/v${release.version}</releaseNotes>
  </metadata>
  <files>
    <file src="tools\\**" target="tools" />
  </files>
</package>
`;
}

/** Chocolatey itself uninstalls an MSI. */
function chocolateyInstall(release: Release): string {
  return `$ErrorActionPreference = 'Stop'
$package = @{
  packageName    = $env:ChocolateyPackageName
  fileType       = 'msi'
  url64bit       = '${address(release)}'
  checksum64     = '${release.sha256}'
  checksumType64 = 'sha256'
  softwareName   = 'icinga-warden'
  silentArgs     = '/qn /norestart'
  validExitCodes = @(0, 3010)
}
Install-ChocolateyPackage @package
`;
}
