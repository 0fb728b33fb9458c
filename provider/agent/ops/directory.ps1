# ---- Directory (Active Directory by LDAP, signed and sealed, with the login of this very session)

# Win32 errors for results of LDAP, from 81 on those of its client.
$ldapErrors = @{ 8 = '0x80072028'; 9 = '0x8007202B'; 10 = '0x8007202B'; 49 = '0x8007052E'; 50 = '0x80070005'; 51 = '0x8007200E'; 52 = '0x8007200F'; 53 = '0x80072035'; 81 = '0x8007203A'; 85 = '0x800705B4'; 91 = '0x8007203A' }

# On a domain controller its own directory, elsewhere that of a writable one which Windows chooses; the same for all requests.
function Get-Directory {
    if ($null -ne $agent['directory']) { return $agent['directory'] }
    $computer = Read-First 'Win32_ComputerSystem' @('Domain', 'PartOfDomain', 'DomainRole')
    if (-not [bool](Get-Column $computer 'PartOfDomain')) { Stop-Op 'notSupported' 'this machine is in no domain' }
    $server = [string](Get-Column $computer 'Domain')
    $isController = [int](Get-Column $computer 'DomainRole') -ge 4
    # Its name in DNS: the computer name is cut after 15 letters, and the suffix need not be the domain's name.
    if ($isController) { $server = [System.Net.Dns]::GetHostName() + '.' + (Read-DnsSuffix) }
    Add-Type -AssemblyName 'System.DirectoryServices.Protocols'
    $directory = New-Object System.DirectoryServices.Protocols.LdapConnection($server)
    $directory.Timeout = [TimeSpan]::FromSeconds(30)
    $options = $directory.SessionOptions
    $options.ProtocolVersion = 3; $options.ReferralChasing = 'None'; $options.Signing = $true; $options.Sealing = $true
    if (-not $isController) { $options.LocatorFlag = 'WriteableRequired' }
    $agent['directory'] = $directory
    return $directory
}

# The answer; null where there is no such object, or none that this account may see.
function Send-Directory($request) {
    $directory = Get-Directory
    try {
        $answer = $directory.SendRequest($request)
        $result = [int]$answer.ResultCode
        if ($result -eq 0) { return $answer }
        # A referral (9 or 10), for which .NET throws nothing.
        $said = 'it names another server'
    }
    catch {
        $deepest = $_.Exception
        while ($null -ne $deepest.InnerException) { $deepest = $deepest.InnerException }
        $result = -1
        if ($deepest.GetType().Name -eq 'DirectoryOperationException' -and $null -ne $deepest.Response) { $result = [int]$deepest.Response.ResultCode }
        if ($deepest.GetType().Name -eq 'LdapException') {
            $result = [int]$deepest.ErrorCode
            $directory.Dispose()
            $agent['directory'] = $null
        }
        if ($result -eq 32) { return $null }
        if ($result -lt 0) { throw }
        $said = [string]$deepest.Message
    }
    $code = $ldapErrors[$result]
    if ($null -eq $code) { $code = '0x80072020' }
    Stop-Op 'hresult' "LDAP result $result. $said" $code
}

# The parts of a security descriptor that a request is about.
function Add-Parts($request, [string]$parts) {
    $control = New-Object System.DirectoryServices.Protocols.SecurityDescriptorFlagControl
    $control.SecurityMasks = $parts
    [void]$request.Controls.Add($control)
}

# One object: its dn, and each attribute (names in lower case) as a list of byte arrays; null where there is none.
function Find-Entry([string]$dn, $attributes) {
    [void](Get-Directory)
    $request = New-Object System.DirectoryServices.Protocols.SearchRequest
    $request.DistinguishedName = $dn; $request.Filter = '(objectClass=*)'; $request.Scope = 'Base'
    foreach ($attribute in $attributes) { [void]$request.Attributes.Add([string]$attribute) }
    if ($attributes -contains 'ntsecuritydescriptor') { Add-Parts $request 'Owner, Group, Dacl' }
    $answer = Send-Directory $request
    if ($null -eq $answer -or $answer.Entries.Count -eq 0) { return $null }
    $found = @{ dn = [string]$answer.Entries[0].DistinguishedName }
    foreach ($attribute in $attributes) {
        $values = $answer.Entries[0].Attributes[[string]$attribute]
        if ($null -ne $values) { $found[[string]$attribute] = $values.GetValues([byte[]]) }
    }
    return $found
}

function Read-Texts($values) { if ($null -ne $values) { foreach ($value in $values) { [System.Text.Encoding]::UTF8.GetString([byte[]]$value) } } }

# Zones are in the domain's and the forest's DNS partition, in further partitions, and in the domain itself: in this order.
function Find-Zones($root, [string]$zone) {
    $domain = @(Read-Texts $root['defaultnamingcontext'])[0]
    $contexts = @(Read-Texts $root['namingcontexts'] | Where-Object { $_ -ne $domain -and $_ -notmatch '\ACN=(Configuration|Schema),' })
    $places = @($contexts | Where-Object { $_ -match '\ADC=DomainDnsZones,' }) + @($contexts | Where-Object { $_ -match '\ADC=ForestDnsZones,' })
    foreach ($place in $places + @($contexts | Where-Object { $places -notcontains $_ }) + @("CN=System,$domain")) {
        $found = Find-Entry "DC=$zone,CN=MicrosoftDNS,$place" @('objectclass')
        if ($null -ne $found) { $found['dn'] }
    }
}

function Read-Node([string]$dn) {
    $found = Find-Entry $dn @('ntsecuritydescriptor', 'dnstombstoned')
    if ($null -eq $found) { return $null }
    if ($null -eq $found['ntsecuritydescriptor']) { Stop-Op 'hresult' 'the permissions of the node are not shown to this account' '0x80070005' }
    return @{ dn = $found['dn']; tombstoned = (@(Read-Texts $found['dnstombstoned']) -contains 'TRUE'); descriptor = [Convert]::ToBase64String([byte[]]$found['ntsecuritydescriptor'][0]) }
}

function Invoke-DirectoryNode($a) {
    $zone = Read-Text $a 'zone' '\A[A-Za-z0-9_.-]{1,253}\z'
    $name = Read-Text $a 'name' '\A[A-Za-z0-9_.-]{1,253}\z'
    $root = Find-Entry '' @('defaultnamingcontext', 'namingcontexts', 'dnshostname')
    if ($null -eq $root) { Stop-Op 'notSupported' 'the server is no domain controller' }
    $zones = @(Find-Zones $root $zone)
    $node = $null
    if ($zones.Length -gt 0) { $node = Read-Node ("DC=$name," + $zones[0]) }
    return @{ server = @(Read-Texts $root['dnshostname'])[0]; zones = $zones; node = $node }
}

# LDAP has no compare-and-write for descriptors: the look and the write stand one right after the other.
function Invoke-DirectoryWrite($a) {
    $dn = Read-Text $a 'dn' '\ADC=[A-Za-z0-9_.-]+,DC=[A-Za-z0-9_.-]+,CN=MicrosoftDNS,\P{Cc}+\z'
    $base64 = '\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z'
    $expected = Read-Text $a 'expected' $base64
    $descriptor = [Convert]::FromBase64String((Read-Text $a 'descriptor' $base64))
    $now = Read-Node $dn
    if ($null -eq $now -or $now['descriptor'] -cne $expected) { Stop-Op 'expectation' 'the permissions are not those that were read before' }
    $change = New-Object System.DirectoryServices.Protocols.DirectoryAttributeModification
    $change.Name = 'nTSecurityDescriptor'; $change.Operation = 'Replace'
    [void]$change.Add([byte[]]$descriptor)
    $request = New-Object System.DirectoryServices.Protocols.ModifyRequest
    $request.DistinguishedName = $dn
    [void]$request.Modifications.Add($change)
    Add-Parts $request 'Dacl'
    if ($null -eq (Send-Directory $request)) { Stop-Op 'expectation' 'the node is gone' }
    return @{}
}

function Invoke-AccountSid($a) {
    $text = Read-Text $a 'account' '\A\P{Cc}{1,256}\z'
    $isSid = $text -match '\AS-1-[0-9]+(-[0-9]+)+\z'
    $name = $null
    try {
        if ($isSid) { $sid = New-Object System.Security.Principal.SecurityIdentifier($text) }
        else { $sid = (New-Object System.Security.Principal.NTAccount($text)).Translate([System.Security.Principal.SecurityIdentifier]) }
        $name = [string]$sid.Translate([System.Security.Principal.NTAccount])
    }
    catch {
        if ((Get-Failure $_)['exception'] -ne 'System.Security.Principal.IdentityNotMappedException') { throw }
        if (-not $isSid) { Stop-Op 'hresult' 'no account has this name' '0x80070534' }
    }
    return @{ sid = [string]$sid; name = $name }
}
