# Agent of pulumi-volume-activation: everything that this project runs on a Windows machine.
# The provider sends this text through standard input and the bootstrap (bootstrap.ts) runs it. It prints one "ready" line,
# then answers one line for each request line. The contract is PROTOCOL.md beside this file.
# It must run on Windows PowerShell 2.0 to 5.1 and on PowerShell 7: no newer syntax, WMI by the classes of System.Management
# only, own JSON. What functions change is kept in the one table $agent, because "script:" means the global scope in a
# script block that is no file.
param($stdin, [int]$receivedBytes)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$agent = @{ version = '0.1.0'; protocol = 1; maxBytes = 1048576; idleMs = 60000; scope = $null; columns = @{} }
$invariant = [System.Globalization.CultureInfo]::InvariantCulture
$stdout = [Console]::OpenStandardOutput()
$keyed = 'PartialProductKey IS NOT NULL'
$primary = "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND $keyed"
$sppKeys = @('SOFTWARE\Microsoft\Windows NT\CurrentVersion\SoftwareProtectionPlatform',
    'SOFTWARE\Wow6432Node\Microsoft\Windows NT\CurrentVersion\SoftwareProtectionPlatform')
$registryKinds = @{ String = 'REG_SZ'; ExpandString = 'REG_EXPAND_SZ'; DWord = 'REG_DWORD'; QWord = 'REG_QWORD'; MultiString = 'REG_MULTI_SZ'; Binary = 'REG_BINARY' }

$ops = @{
    'ping' = 'Invoke-Ping'; 'hello' = 'Invoke-Hello'; 'licensing.read' = 'Invoke-LicensingRead'; 'slmgr' = 'Invoke-Slmgr'
    'registry.read' = 'Invoke-RegistryRead'; 'registry.write' = 'Invoke-RegistryWrite'; 'registry.delete' = 'Invoke-RegistryDelete'
    'service.restart' = 'Invoke-ServiceRestart'; 'net.listeners' = 'Invoke-NetListeners'; 'firewall.read' = 'Invoke-FirewallRead'; 'net.probe' = 'Invoke-NetProbe'
    'firewall.group' = 'Invoke-FirewallGroup'; 'firewall.rule' = 'Invoke-FirewallRule'; 'firewall.remove' = 'Invoke-FirewallRemove'
    'events.read' = 'Invoke-EventsRead'; 'expect' = 'Invoke-Expect'; 'batch' = 'Invoke-Batch'
}
$stepOps = @('slmgr', 'registry.write', 'registry.delete', 'service.restart', 'firewall.group', 'firewall.rule', 'firewall.remove', 'expect')
$readOps = @('licensing.read', 'registry.read', 'net.listeners', 'firewall.read', 'events.read', 'slmgr')
# words: how many the verb takes (none); most: its word is a number from least to most; hostOnly: only on a KMS host;
# perProduct: may name an Activation ID; call, argument: the WMI method and its argument's name; value: the argument, if not the word.
# Verbs without a call are in Invoke-Slmgr.
$verbs = @{
    '/ipk' = @{ words = 1 }
    '/upk' = @{ perProduct = $true }
    '/ato' = @{ perProduct = $true }
    '/dti' = @{ perProduct = $true }
    '/atp' = @{ words = 1; perProduct = $true }
    '/skms' = @{ words = 1; perProduct = $true }
    '/ckms' = @{ perProduct = $true }
    '/act-type' = @{ words = 1; least = 0; most = 4294967295; perProduct = $true }
    '/cpky' = @{ call = 'ClearProductKeyFromRegistry' }
    '/rearm' = @{ call = 'ReArmWindows' }
    '/skms-domain' = @{ words = 1; perProduct = $true; call = 'SetKeyManagementServiceLookupDomain'; argument = 'LookupDomain' }
    '/ckms-domain' = @{ perProduct = $true; call = 'ClearKeyManagementServiceLookupDomain' }
    '/skhc' = @{ call = 'DisableKeyManagementServiceHostCaching'; argument = 'DisableCaching'; value = $false }
    '/ckhc' = @{ call = 'DisableKeyManagementServiceHostCaching'; argument = 'DisableCaching'; value = $true }
    '/sprt' = @{ words = 1; least = 1; most = 65535; hostOnly = $true; call = 'SetKeyManagementServiceListeningPort'; argument = 'PortNumber' }
    '/sdns' = @{ hostOnly = $true; call = 'DisableKeyManagementServiceDnsPublishing'; argument = 'DisablePublishing'; value = $false }
    '/cdns' = @{ hostOnly = $true; call = 'DisableKeyManagementServiceDnsPublishing'; argument = 'DisablePublishing'; value = $true }
    '/spri' = @{ hostOnly = $true; call = 'EnableKeyManagementServiceLowPriority'; argument = 'EnableLowPriority'; value = $false }
    '/cpri' = @{ hostOnly = $true; call = 'EnableKeyManagementServiceLowPriority'; argument = 'EnableLowPriority'; value = $true }
    '/sai' = @{ words = 1; least = 0; most = 4294967295; hostOnly = $true; call = 'SetVLActivationInterval'; argument = 'ActivationInterval' }
    '/sri' = @{ words = 1; least = 0; most = 4294967295; hostOnly = $true; call = 'SetVLRenewalInterval'; argument = 'RenewalInterval' }
}

# ---- Errors

# Ends an operation with an error of the protocol; Get-Failure finds the table again as the ErrorRecord's TargetObject.
function Stop-Op([string]$kind, [string]$message, [string]$code) {
    $failure = @{ kind = $kind; message = $message }
    if ($code -ne '') { $failure['code'] = $code }
    throw $failure
}

# The protocol's error for an ErrorRecord: our own table, or what the deepest exception says.
function Get-Failure($record) {
    $own = $record.TargetObject
    if ($own -is [System.Collections.IDictionary] -and $own.Contains('kind') -and $own.Contains('message')) { return $own }
    $deepest = $record.Exception
    while ($null -ne $deepest.InnerException) { $deepest = $deepest.InnerException }
    $type = $deepest.GetType().FullName
    $message = [regex]::Replace([regex]::Replace([string]$deepest.Message, '\s+', ' '), '(?i)(?:[A-Z0-9]{5}-){4}([A-Z0-9]{5})', '*****-$1')
    $failure = @{ kind = 'hresult'; exception = $type; message = $message }
    if ($type.StartsWith('System.Management.Automation.')) {
        $failure['kind'] = 'internal'
        return $failure
    }
    if ($deepest -is [System.Management.ManagementException]) { $code = [int]$deepest.ErrorCode }
    elseif ($deepest -is [System.ComponentModel.Win32Exception]) { $code = -2147024896 -bor ([int]$deepest.NativeErrorCode -band 65535) }
    elseif ($deepest -is [System.Runtime.InteropServices.ExternalException]) { $code = [int]$deepest.ErrorCode }
    elseif ($deepest -is [System.Security.SecurityException]) { $code = -2147024891 }
    else { $code = [System.Runtime.InteropServices.Marshal]::GetHRForException($deepest) }
    $failure['code'] = '0x{0:X8}' -f [int]$code
    # No such method, class, method implementation or COM class.
    if (@('0x80041002', '0x8004102E', '0x80041010', '0x80041055', '0x80040154') -contains $failure['code']) { $failure['kind'] = 'notSupported' }
    return $failure
}

# ---- JSON

$jsonToken = New-Object System.Text.RegularExpressions.Regex('\G[ \t\r\n]*(?:([{}\[\],:])|"([^"\\]*(?:\\(?:["\\/nrtbf]|u[0-9a-fA-F]{4})[^"\\]*)*)"|(-?[0-9]{1,18})(?![0-9.eE])|(true|false|null))')
$jsonEscapes = @{ n = 10; r = 13; t = 9; b = 8; f = 12 }
$escapeCharacter = [System.Text.RegularExpressions.MatchEvaluator]{ param($m) '\u{0:x4}' -f [int][char]$m.Value }
$unescapeCharacter = [System.Text.RegularExpressions.MatchEvaluator]{
    param($m)
    if ($m.Groups[1].Success) { [string][char][Convert]::ToInt32($m.Groups[1].Value, 16) }
    elseif ($jsonEscapes.ContainsKey($m.Groups[2].Value)) { [string][char]$jsonEscapes[$m.Groups[2].Value] }
    else { $m.Groups[2].Value }
}

# ASCII only, so that no code page on the way can change a byte.
function ConvertTo-JsonText([string]$text) {
    return '"' + [regex]::Replace($text, '[^\x20\x21\x23-\x5B\x5D-\x7E]', $escapeCharacter) + '"'
}

function ConvertTo-JsonLine($value, [int]$depth) {
    if ($null -eq $value -or $value -is [System.DBNull]) { return 'null' }
    if ($depth -gt 16) { Stop-Op 'internal' 'the answer is nested too deep' }
    if ($value -is [string] -or $value -is [char]) { return (ConvertTo-JsonText ([string]$value)) }
    if ($value -is [bool]) { return $value.ToString().ToLowerInvariant() }
    # Whole numbers that a double cannot hold become text.
    if (($value -is [int64] -or $value -is [uint64]) -and ($value -gt 9007199254740991 -or $value -lt -9007199254740991)) { return '"' + $value.ToString($invariant) + '"' }
    if ($value -is [System.ValueType] -and $value -is [System.IFormattable]) { return $value.ToString('', $invariant) }
    $parts = New-Object System.Collections.ArrayList
    if ($value -is [System.Collections.IDictionary]) {
        foreach ($entry in $value.GetEnumerator()) { [void]$parts.Add((ConvertTo-JsonText ([string]$entry.Key)) + ':' + (ConvertTo-JsonLine $entry.Value ($depth + 1))) }
        return '{' + [string]::Join(',', [string[]]$parts.ToArray()) + '}'
    }
    if ($value -is [System.Collections.IEnumerable]) {
        foreach ($element in $value) { [void]$parts.Add((ConvertTo-JsonLine $element ($depth + 1))) }
        return '[' + [string]::Join(',', [string[]]$parts.ToArray()) + ']'
    }
    return (ConvertTo-JsonText ([string]$value))
}

# One token: group 1 a mark, 2 the inside of a text, 3 a whole number, 4 a word.
function Read-JsonToken($cursor) {
    $match = $jsonToken.Match([string]$cursor['text'], [int]$cursor['at'])
    if (-not $match.Success) { Stop-Op 'refused' ('the request is not JSON (whole numbers only) at character ' + [string]$cursor['at']) }
    $cursor['at'] = $match.Index + $match.Length
    return $match
}

function Read-JsonText([string]$inside) { return [regex]::Replace($inside, '\\(?:u(....)|(.))', $unescapeCharacter) }

# Objects become case-sensitive Hashtables, arrays ArrayLists, numbers int64.
function Read-JsonValue($cursor, $token, [int]$depth) {
    if ($depth -gt 16) { Stop-Op 'refused' 'the request is nested too deep' }
    if ($token.Groups[2].Success) { return (Read-JsonText ($token.Groups[2].Value)) }
    if ($token.Groups[3].Success) { return [int64]::Parse($token.Groups[3].Value, $invariant) }
    if ($token.Groups[4].Success) {
        if ($token.Groups[4].Value -ceq 'null') { return $null }
        return ($token.Groups[4].Value -ceq 'true')
    }
    $isList = $token.Groups[1].Value -eq '['
    if (-not $isList -and $token.Groups[1].Value -ne '{') { Stop-Op 'refused' 'the request is not JSON: a value is missing' }
    $table = New-Object System.Collections.Hashtable
    $list = New-Object System.Collections.ArrayList
    $close = @('}', ']')[[int]$isList]
    $next = Read-JsonToken $cursor
    while ($next.Groups[1].Value -ne $close) {
        if ($isList) { [void]$list.Add((Read-JsonValue $cursor $next ($depth + 1))) }
        else {
            if (-not $next.Groups[2].Success -or (Read-JsonToken $cursor).Groups[1].Value -ne ':') { Stop-Op 'refused' 'the request is not JSON: a name and a colon are missing' }
            $name = Read-JsonText ($next.Groups[2].Value)
            $table[[string]$name] = Read-JsonValue $cursor (Read-JsonToken $cursor) ($depth + 1)
        }
        $next = Read-JsonToken $cursor
        if ($next.Groups[1].Value -eq ',') {
            $next = Read-JsonToken $cursor
            if ($next.Groups[1].Value -eq $close) { Stop-Op 'refused' 'the request is not JSON: a comma stands before the end' }
        }
        elseif ($next.Groups[1].Value -ne $close) { Stop-Op 'refused' 'the request is not JSON: a comma is missing' }
    }
    if ($isList) { return ,$list }
    return $table
}

# A write that fails means that nobody listens any more.
function Write-Line($message) {
    $bytes = [System.Text.Encoding]::ASCII.GetBytes('@A ' + (ConvertTo-JsonLine $message 0) + [string][char]10)
    try {
        $stdout.Write($bytes, 0, $bytes.Length)
        $stdout.Flush()
    }
    catch { [Environment]::Exit(3) }
}

# ---- Arguments

function Read-Text($table, [string]$name, [string]$pattern) {
    if ($table[$name] -isnot [string]) { Stop-Op 'refused' "argument '$name' must be text" }
    if ($pattern -ne '' -and -not [regex]::IsMatch([string]$table[$name], $pattern)) { Stop-Op 'refused' "argument '$name' has a form that is not allowed" }
    return [string]$table[$name]
}

function Read-Number($table, [string]$name, [int64]$least, [int64]$most) {
    $value = $table[$name]
    if ($value -isnot [int64] -or $value -lt $least -or $value -gt $most) { Stop-Op 'refused' "argument '$name' must be a whole number from $least to $most" }
    return [int64]$value
}

function Read-Flag($table, [string]$name) {
    if ($table[$name] -isnot [bool]) { Stop-Op 'refused' "argument '$name' must be true or false" }
    return [bool]$table[$name]
}

# $type: what every element must be.
function Read-List($table, [string]$name, $type) {
    $value = $table[$name]
    if ($value -isnot [System.Collections.ArrayList]) { Stop-Op 'refused' "argument '$name' must be a list" }
    foreach ($element in $value) { if ($element -isnot $type) { Stop-Op 'refused' "argument '$name' has an element of the wrong type" } }
    return ,$value
}

function Read-Table($table, [string]$name) {
    if ($table[$name] -isnot [System.Collections.Hashtable]) { Stop-Op 'refused' "argument '$name' must be an object" }
    return $table[$name]
}

# A word of slmgr that must be an unsigned number.
function Read-Unsigned([string]$word, [int64]$least, [int64]$most) {
    if ($word -notmatch '\A[0-9]{1,10}\z' -or [int64]$word -lt $least -or [int64]$word -gt $most) { Stop-Op 'refused' "the value must be a whole number from $least to $most" }
    return [uint32]$word
}

function Format-Time([datetime]$time) { return $time.ToUniversalTime().ToString("yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fff'Z'", $invariant) }

# ---- WMI

function Get-Scope {
    if ($null -eq $agent['scope']) {
        $scope = New-Object System.Management.ManagementScope('\\.\root\cimv2')
        $scope.Connect()
        $agent['scope'] = $scope
    }
    return $agent['scope']
}

# Column name -> CIM type, of the class as this Windows has it.
function Get-Columns([string]$class) {
    if (-not $agent['columns'].ContainsKey($class)) {
        $columns = @{}
        $path = New-Object System.Management.ManagementPath($class)
        $definition = New-Object System.Management.ManagementClass((Get-Scope), $path, (New-Object System.Management.ObjectGetOptions))
        foreach ($property in $definition.psbase.Properties) { $columns[[string]$property.Name] = [string]$property.Type }
        $agent['columns'][$class] = $columns
    }
    return $agent['columns'][$class]
}

# The first query starts the licensing service; until it is up Windows answers one of four passing errors.
function Find-Rows([string]$query) {
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        try {
            $options = New-Object System.Management.EnumerationOptions
            $options.ReturnImmediately = $true
            $options.Rewindable = $false
            $searcher = New-Object System.Management.ManagementObjectSearcher((Get-Scope), (New-Object System.Management.ObjectQuery($query)), $options)
            $rows = New-Object System.Collections.ArrayList
            foreach ($row in $searcher.Get()) { [void]$rows.Add($row) }
            return ,$rows
        }
        catch {
            $failure = Get-Failure $_
            if (@('0x8007041D', '0x80041013', '0x80041001', '0xC004F075') -notcontains $failure['code'] -or $watch.ElapsedMilliseconds -gt 60000) { throw $failure }
            $agent['scope'] = $null
            Start-Sleep -Milliseconds 2000
        }
    }
}

# Rows with those of $wanted that this Windows has; $key is always selected, because methods need the instance's path.
function Find-Instances([string]$class, [string]$key, $wanted, [string]$where) {
    $have = Get-Columns $class
    $select = New-Object System.Collections.ArrayList
    [void]$select.Add($key)
    foreach ($column in $wanted) { if ($have.ContainsKey([string]$column) -and $select -notcontains [string]$column) { [void]$select.Add([string]$column) } }
    $query = 'SELECT ' + [string]::Join(',', [string[]]$select.ToArray()) + ' FROM ' + $class
    if ($where -ne '') { $query = $query + ' WHERE ' + $where }
    return ,(Find-Rows $query)
}

function Find-Products($columns, [string]$where) { return ,(Find-Instances 'SoftwareLicensingProduct' 'ID' $columns $where) }

# A column that was not selected, or that this Windows lacks, reads as null.
function Get-Column($instance, [string]$column) {
    foreach ($property in $instance.psbase.Properties) { if ($property.Name -eq $column) { return $property.Value } }
    return $null
}

# Calls a WMI method with named arguments ([string], [bool], else unsigned). A return value other than 0 is an error too.
function Invoke-Method($instance, [string]$method, $named) {
    $parameters = $instance.psbase.GetMethodParameters($method)
    foreach ($name in @($named.Keys)) {
        $value = $named[$name]
        if ($value -is [string]) { $parameters[[string]$name] = [string]$value }
        elseif ($value -is [bool]) { $parameters[[string]$name] = [bool]$value }
        else { $parameters[[string]$name] = [uint32]$value }
    }
    $answer = $instance.psbase.InvokeMethod($method, [System.Management.ManagementBaseObject]$parameters, $null)
    if ($null -eq $answer) { return }
    $code = Get-Column $answer 'ReturnValue'
    if ($null -ne $code -and [uint32]$code -ne 0) { Stop-Op 'hresult' "$method returned an error" ('0x{0:X8}' -f [uint32]$code) }
}

# Row of the protocol: 64-bit numbers as text, datetime as UTC, missing columns left out.
function ConvertTo-Row($instance, [string]$class, $wanted) {
    $have = Get-Columns $class
    $row = @{}
    foreach ($column in $wanted) {
        if ($have.ContainsKey([string]$column)) {
            $value = $instance.psbase.GetPropertyValue([string]$column)
            if ($value -is [string] -and $have[[string]$column] -eq 'DateTime') {
                try { $value = Format-Time ([System.Management.ManagementDateTimeConverter]::ToDateTime([string]$value)) }
                catch { $value = $null }
            }
            elseif ($value -is [int64] -or $value -is [uint64]) { $value = $value.ToString($invariant) }
            $row[[string]$column] = $value
        }
    }
    return $row
}

# ---- Licensing

function Get-LicensingService($columns) {
    foreach ($service in (Find-Instances 'SoftwareLicensingService' 'Version' $columns '')) { return $service }
    Stop-Op 'notSupported' 'Windows shows no SoftwareLicensingService'
}

# The product with this Activation ID ('' = the primary Windows product, found as slmgr.vbs finds it).
function Get-Product([string]$id, $columns, [string]$condition) {
    $where = $primary
    if ($id -ne '') { $where = "ID='$id'" + $condition }
    foreach ($product in (Find-Products (@('LicenseIsAddon') + @($columns)) $where)) {
        if ($id -ne '' -or (Get-Column $product 'LicenseIsAddon') -ne $true) { return $product }
    }
    if ($id -ne '') { Stop-Op 'noProduct' "no product has the Activation ID $id (or it carries no key)" }
    Stop-Op 'noProduct' 'no product key of Windows is installed'
}

# Windows computes this column for every row that it looks at: asked by ID only.
function Read-InstallationId([string]$id) {
    foreach ($product in (Find-Products @('OfflineInstallationId') "ID='$id'")) { return (Get-Column $product 'OfflineInstallationId') }
    return $null
}

function Invoke-LicensingRead($a) {
    $row = @{}
    $products = New-Object System.Collections.ArrayList
    $forService = Read-List $a 'service' ([string])
    $forProduct = Read-List $a 'product' ([string])
    $where = $keyed
    if ($null -ne $a['applicationId']) { $where = "ApplicationID='" + (Read-Text $a 'applicationId' '\A[0-9A-Fa-f-]{36}\z') + "' AND " + $keyed }
    # The schema decides which of the wanted names reach the query, so a name can only be a column's.
    if ($forService.Count -gt 0) { $row = ConvertTo-Row (Get-LicensingService $forService) 'SoftwareLicensingService' $forService }
    if ($forProduct.Count -gt 0) {
        $cheap = @($forProduct | Where-Object { $_ -ne 'OfflineInstallationId' })
        foreach ($product in (Find-Products $cheap $where)) {
            $columns = ConvertTo-Row $product 'SoftwareLicensingProduct' $cheap
            if ($forProduct -contains 'OfflineInstallationId') { $columns['OfflineInstallationId'] = Read-InstallationId (Get-Column $product 'ID') }
            [void]$products.Add($columns)
        }
    }
    return @{ service = $row; products = $products }
}

# What slmgr.vbs does after every key change: refresh, and keep the value by which inventory tools know a KMS host.
function Complete-KeyChange($service) {
    Invoke-Method $service 'RefreshLicenseStatus' @{}
    $isHost = $false
    foreach ($product in (Find-Products @('Description') $keyed)) {
        if ([string](Get-Column $product 'Description') -cmatch 'VOLUME_KMS(?!CLIENT)') { $isHost = $true }
    }
    foreach ($path in $sppKeys) {
        $key = (Open-Machine).OpenSubKey($path, $true)
        if ($null -ne $key -and $isHost) { $key.SetValue('KeyManagementServiceVersion', [string](Get-Column $service 'Version')) }
        elseif ($null -ne $key) { $key.DeleteValue('KeyManagementServiceVersion', $false) }
    }
}

function Invoke-Activate($service, [string]$id) {
    $product = Get-Product $id @('Description', 'LicenseStatus', 'VLActivationTypeEnabled') " AND $keyed"
    if ([string](Get-Column $product 'VLActivationTypeEnabled') -eq '3') { Stop-Op 'refused' 'the activation type of this product allows tokens only (/act-type 3)' }
    # Another attempt with a MAK that is Licensed may cost one of its activations.
    if ([string](Get-Column $product 'Description') -cmatch 'MAK' -and [string](Get-Column $product 'LicenseStatus') -eq '1') { return @{ attempted = $false } }
    Invoke-Method $product 'Activate' @{}
    Invoke-Method $service 'RefreshLicenseStatus' @{}
    return @{ attempted = $true }
}

# NAME, NAME:PORT, :PORT or [IPv6]:PORT. The previous name comes back when the port cannot be set.
function Set-KmsMachine($target, [string]$word) {
    $match = [regex]::Match($word, '\A(\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]*)(?::([0-9]+))?\z')
    if (-not $match.Success -or $word -eq '') { Stop-Op 'refused' 'the KMS host must be NAME, NAME:PORT, :PORT or [IPv6]:PORT' }
    $name = $match.Groups[1].Value
    $port = 0
    if ($match.Groups[2].Success) { $port = Read-Unsigned $match.Groups[2].Value 1 65535 }
    $before = [string](Get-Column $target 'KeyManagementServiceMachine')
    if ($name -ne '') { Invoke-Method $target 'SetKeyManagementServiceMachine' @{ MachineName = $name } }
    try {
        if ($port -ne 0) { Invoke-Method $target 'SetKeyManagementServicePort' @{ PortNumber = $port } }
        else { Invoke-Method $target 'ClearKeyManagementServicePort' @{} }
    }
    catch {
        $failure = Get-Failure $_
        try {
            if ($name -ne '' -and $before -ne '') { Invoke-Method $target 'SetKeyManagementServiceMachine' @{ MachineName = $before } }
            elseif ($name -ne '') { Invoke-Method $target 'ClearKeyManagementServiceMachine' @{} }
        }
        catch { $failure['message'] = [string]$failure['message'] + ' (and the previous KMS host could not be put back)' }
        throw $failure
    }
}

function Invoke-Slmgr($a) {
    $verb = Read-Text $a 'verb' ''
    if (@($verbs.Keys) -cnotcontains $verb) { Stop-Op 'refused' "the agent has no slmgr verb '$verb'" }
    $shape = $verbs[$verb]
    $word = ''
    $words = New-Object System.Collections.ArrayList
    if ($null -ne $a['values']) { $words = Read-List $a 'values' ([string]) }
    if ($words.Count -ne [int]$shape['words']) { Stop-Op 'refused' ("slmgr $verb takes this number of words: " + [string][int]$shape['words']) }
    if ($words.Count -eq 1) { $word = [string]$words[0] }
    $value = $word
    if ($shape.ContainsKey('most')) { $value = Read-Unsigned $word $shape['least'] $shape['most'] }
    if ($shape.ContainsKey('value')) { $value = $shape['value'] }
    $id = ''
    if ($null -ne $a['activationId']) { $id = Read-Text $a 'activationId' '\A[0-9A-Fa-f-]{36}\z' }
    if ($id -ne '' -and -not $shape['perProduct']) { Stop-Op 'refused' "slmgr $verb takes no Activation ID" }
    if ($shape['hostOnly']) {
        $isHost = $false
        foreach ($product in (Find-Products @('IsKeyManagementServiceMachine') $keyed)) { $isHost = $isHost -or [string](Get-Column $product 'IsKeyManagementServiceMachine') -eq '1' }
        if (-not $isHost) { Stop-Op 'notKmsHost' "slmgr $verb changes nothing here: no product on this machine is a KMS host" }
    }
    $service = Get-LicensingService @('KeyManagementServiceMachine')
    $target = $service
    if (@('/upk', '/dti', '/atp') -contains $verb) { $target = Get-Product $id @() " AND $keyed" }
    elseif ($id -ne '' -and $verb -ne '/ato') { $target = Get-Product $id @('KeyManagementServiceMachine') '' }
    if ($shape.ContainsKey('call')) {
        $named = @{}
        if ($shape.ContainsKey('argument')) { $named[[string]$shape['argument']] = $value }
        Invoke-Method $target $shape['call'] $named
        return @{}
    }
    switch ($verb) {
        '/ipk' { Invoke-Method $service 'InstallProductKey' @{ ProductKey = $word } }
        '/upk' { Invoke-Method $target 'UninstallProductKey' @{} }
        '/ato' { return (Invoke-Activate $service $id) }
        '/dti' { return @{ installationId = [string](Read-InstallationId (Get-Column $target 'ID')) } }
        '/atp' {
            Invoke-Method $target 'DepositOfflineConfirmationId' @{ InstallationId = [string](Read-InstallationId (Get-Column $target 'ID')); ConfirmationId = $word }
            Invoke-Method $service 'RefreshLicenseStatus' @{}
        }
        '/skms' { Set-KmsMachine $target $word }
        '/ckms' {
            Invoke-Method $target 'ClearKeyManagementServiceMachine' @{}
            Invoke-Method $target 'ClearKeyManagementServicePort' @{}
        }
        '/act-type' {
            if ($value -eq 0) { Invoke-Method $target 'ClearVLActivationTypeEnabled' @{} }
            else { Invoke-Method $target 'SetVLActivationTypeEnabled' @{ ActivationType = $value } }
        }
    }
    if (@('/ipk', '/upk') -contains $verb) { Complete-KeyChange $service }
    return @{}
}

# ---- Registry (HKEY_LOCAL_MACHINE, 64-bit view)

function Open-Machine {
    if ('Microsoft.Win32.RegistryView' -as [type]) { return [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64') }
    if ([IntPtr]::Size -eq 4 -and $null -ne $env:PROCESSOR_ARCHITEW6432) { Stop-Op 'notSupported' 'this 32-bit PowerShell cannot open the 64-bit registry' }
    return [Microsoft.Win32.Registry]::LocalMachine
}

# The value as the protocol writes it; null when it is not there.
function Read-Value([string]$path, [string]$name) {
    $key = (Open-Machine).OpenSubKey($path)
    if ($null -eq $key) { return $null }
    $data = $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
    if ($null -eq $data) { return $null }
    $kind = $registryKinds[[string]$key.GetValueKind($name)]
    if ($null -eq $kind) { Stop-Op 'notSupported' "the registry value '$name' under $path has a type that the protocol does not know" }
    if ($kind -eq 'REG_DWORD') { $data = [BitConverter]::ToUInt32([BitConverter]::GetBytes([int]$data), 0) }
    elseif ($kind -eq 'REG_QWORD') { $data = [BitConverter]::ToUInt64([BitConverter]::GetBytes([int64]$data), 0).ToString($invariant) }
    elseif ($kind -eq 'REG_BINARY') { $data = [Convert]::ToBase64String([byte[]]$data) }
    return @{ kind = $kind; 'data' = $data }
}

function Read-Path($a) { return (Read-Text $a 'key' '\A(?!HK)[^\\]+(\\[^\\]+)*\z') }

function Invoke-RegistryRead($a) {
    $found = New-Object System.Collections.ArrayList
    foreach ($wanted in (Read-List $a 'values' ([System.Collections.Hashtable]))) { [void]$found.Add((Read-Value (Read-Path $wanted) (Read-Text $wanted 'name' ''))) }
    return @{ values = $found }
}

function Invoke-RegistryWrite($a) {
    $path = Read-Path $a
    $name = Read-Text $a 'name' ''
    $kind = @($registryKinds.Keys | Where-Object { $registryKinds[$_] -ceq $a['kind'] })
    if ($kind.Length -ne 1) { Stop-Op 'refused' 'the registry kind is not one of the protocol' }
    switch ([string]$a['kind']) {
        'REG_DWORD' { $data = [int][BitConverter]::ToInt32([BitConverter]::GetBytes([uint32](Read-Number $a 'data' 0 4294967295)), 0) }
        'REG_QWORD' {
            $number = [uint64]0
            if (-not [uint64]::TryParse((Read-Text $a 'data' '\A[0-9]{1,20}\z'), [ref]$number)) { Stop-Op 'refused' 'a REG_QWORD has at most 64 bits' }
            $data = [int64][BitConverter]::ToInt64([BitConverter]::GetBytes([uint64]$number), 0)
        }
        'REG_BINARY' { $data = [byte[]][Convert]::FromBase64String((Read-Text $a 'data' '\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z')) }
        'REG_MULTI_SZ' {
            $data = [string[]](Read-List $a 'data' ([string])).ToArray()
            # Windows ends the list at an empty element.
            if ($data -contains '') { Stop-Op 'refused' 'a REG_MULTI_SZ cannot hold an empty element' }
        }
        default { $data = [string](Read-Text $a 'data' '') }
    }
    (Open-Machine).CreateSubKey($path).SetValue($name, $data, [string]$kind[0])
    return @{}
}

function Invoke-RegistryDelete($a) {
    $path = Read-Path $a
    $name = Read-Text $a 'name' ''
    $existed = $null -ne (Read-Value $path $name)
    if ($existed) { (Open-Machine).OpenSubKey($path, $true).DeleteValue($name, $false) }
    return @{ existed = $existed }
}

# ---- Service, listeners

function Test-Status($controller, $wanted) {
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($watch.ElapsedMilliseconds -lt 30000) {
        $controller.Refresh()
        if ($wanted -contains [string]$controller.Status) { return $true }
        Start-Sleep -Milliseconds 100
    }
    return $false
}

# Any WMI client may start the service again at once, so an error of Stop or Start counts only if the state is wrong.
function Invoke-ServiceRestart($a) {
    $name = Read-Text $a 'name' '\A[A-Za-z0-9_.-]{1,80}\z'
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $controller = Get-Service -Name $name -ErrorAction SilentlyContinue
    if ($null -eq $controller) { Stop-Op 'notSupported' "this Windows has no service '$name'" '0x80070424' }
    $failure = @{ kind = 'restartRefused'; message = "service '$name' did not stop within 30 seconds" }
    try {
        if (@('Stopped', 'StopPending') -notcontains [string]$controller.Status) { $controller.Stop() }
        if (-not (Test-Status $controller @('Stopped', 'StartPending'))) { throw $failure }
    }
    catch {
        $failure = Get-Failure $_
        $failure['kind'] = 'restartRefused'
        $controller.Refresh()
        if ([string]$controller.Status -ne 'Stopped') { throw $failure }
    }
    $failure = @{ kind = 'restartRefused'; message = "service '$name' stopped but is not running again after 30 seconds" }
    try { $controller.Start() }
    catch { $failure = Get-Failure $_ }
    $failure['kind'] = 'restartRefused'
    $controller.Refresh()
    if ([string]$controller.Status -eq 'Stopped' -or -not (Test-Status $controller @('Running'))) { throw $failure }
    $agent['scope'] = $null
    try { $null = Get-LicensingService @() }
    catch {
        $failure = Get-Failure $_
        $failure['kind'] = 'restartRefused'
        $failure['message'] = "service '$name' was restarted, but the licensing service does not answer: " + [string]$failure['message']
        throw $failure
    }
    return @{ tookMs = [int64]$watch.ElapsedMilliseconds }
}

function Invoke-NetListeners($a) {
    $listeners = New-Object System.Collections.ArrayList
    $points = [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()
    foreach ($point in $points) { [void]$listeners.Add(@{ address = [string]$point.Address; port = [int]$point.Port }) }
    return @{ listeners = $listeners }
}

# One TCP connection straight from here, without a proxy, closed at once; looking up the name is in the time.
function Invoke-NetProbe($a) {
    $client = New-Object System.Net.Sockets.TcpClient
    try {
        $pending = $client.BeginConnect((Read-Text $a 'host' '\A[A-Za-z0-9.-]{1,253}\z'), [int](Read-Number $a 'port' 1 65535), $null, $null)
        if (-not $pending.AsyncWaitHandle.WaitOne([int](Read-Number $a 'timeoutMs' 1 30000), $false)) { Stop-Op 'hresult' 'no answer in time' '0x8007274C' }
        $client.EndConnect($pending)
    }
    finally { $client.Close() }
    return @{}
}

# ---- Firewall (COM HNetCfg.FwPolicy2; a change of an enumerated rule is live at once)

# Rules with one of these Grouping texts (and this name, unless it is ''), and enabled inbound ones that name one of
# these TCP ports. A rule that cannot be read is not one of them.
function Find-Rules($policy, $groupings, [string]$name, $ports) {
    $found = New-Object System.Collections.ArrayList
    foreach ($rule in $policy.Rules) {
        try {
            $wanted = $groupings -contains [string]$rule.Grouping -and ($name -eq '' -or [string]$rule.Name -ceq $name)
            if (-not $wanted -and $null -ne $ports -and [bool]$rule.Enabled -and [int]$rule.Direction -eq 1 -and [int]$rule.Protocol -eq 6) {
                $wanted = @(([string]$rule.LocalPorts).Split(',') | Where-Object { $ports -contains $_ }).Length -gt 0 }
        }
        catch { $wanted = $false }
        if ($wanted) { [void]$found.Add($rule) }
    }
    return ,$found
}

function ConvertTo-RuleState($rule) {
    $state = @{ name = [string]$rule.Name; grouping = [string]$rule.Grouping; description = [string]$rule.Description; direction = 'in'; action = 'block'
        enabled = [bool]$rule.Enabled; profiles = [int]$rule.Profiles; protocol = [int]$rule.Protocol; localPorts = ''
        remoteAddresses = [string]$rule.RemoteAddresses; program = [string]$rule.ApplicationName; service = [string]$rule.ServiceName }
    if ([int]$rule.Direction -eq 2) { $state['direction'] = 'out' }; if ([int]$rule.Action -eq 1) { $state['action'] = 'allow' }
    if (@(6, 17) -contains $state['protocol']) { $state['localPorts'] = [string]$rule.LocalPorts }
    return $state
}

# Rules of Group Policy stand in the registry as text, like "v2.10|Action=Allow|...|LPort=1688|Svc=sppsvc|".
function Find-PolicyRules($groups, $rules) {
    $marks = New-Object System.Collections.ArrayList; $found = New-Object System.Collections.ArrayList
    foreach ($group in $groups) { [void]$marks.Add("|EmbedCtxt=$group|") }
    foreach ($rule in $rules) {
        if ($rule['service'] -ne '') { [void]$marks.Add('|Svc=' + $rule['service'] + '|') }
        foreach ($port in $rule['localPorts'].Split(',')) { if ($port -match '\A[0-9]+\z') { [void]$marks.Add("|LPort=$port|") } }
    }
    $key = (Open-Machine).OpenSubKey('SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules')
    if ($null -eq $key) { return ,$found }
    foreach ($name in $key.GetValueNames()) {
        $text = [string]$key.GetValue($name)
        if (@($marks | Where-Object { $text.IndexOf([string]$_, [StringComparison]::OrdinalIgnoreCase) -ge 0 }).Length -gt 0) { [void]$found.Add($text) }
    }
    return ,$found
}

function Invoke-FirewallRead($a) {
    $groups = Read-List $a 'groups' ([string])
    $groupings = Read-List $a 'groupings' ([string])
    $ports = $null; if ($null -ne $a['ports']) { $ports = Read-List $a 'ports' ([int64]) }
    $policy = New-Object -ComObject HNetCfg.FwPolicy2
    $answer = @{ modifyState = [int]$policy.LocalPolicyModifyState; currentProfiles = [int]$policy.CurrentProfileTypes; localMergeOff = 0
        profiles = (New-Object System.Collections.ArrayList); groups = (New-Object System.Collections.ArrayList); rules = (New-Object System.Collections.ArrayList) }
    $names = @{ 1 = 'DomainProfile'; 2 = 'PrivateProfile'; 4 = 'PublicProfile' }
    foreach ($bit in @(1, 2, 4)) {
        $state = @{ profile = $bit; enabled = [bool]$policy.FirewallEnabled($bit); blockAllInbound = [bool]$policy.BlockAllInboundTraffic($bit); defaultInbound = 'block' }
        if ([int]$policy.DefaultInboundAction($bit) -eq 1) { $state['defaultInbound'] = 'allow' }
        [void]$answer['profiles'].Add($state)
        $merge = Read-Value ('SOFTWARE\Policies\Microsoft\WindowsFirewall\' + $names[$bit]) 'AllowLocalPolicyMerge'
        if ($null -ne $merge -and [string]$merge['data'] -eq '0') { $answer['localMergeOff'] = $answer['localMergeOff'] -bor $bit }
    }
    foreach ($rule in (Find-Rules $policy (@($groups) + @($groupings)) '' $ports)) { [void]$answer['rules'].Add((ConvertTo-RuleState $rule)) }
    foreach ($group in $groups) {
        $state = @{ group = $group; known = $false; enabledProfiles = 0; currentlyEnabled = $false }
        foreach ($rule in $answer['rules']) { $state['known'] = $state['known'] -or $rule['grouping'] -eq $group }
        if ($state['known']) {
            $state['currentlyEnabled'] = [bool]$policy.IsRuleGroupCurrentlyEnabled([string]$group)
            foreach ($bit in @(1, 2, 4)) {
                if ($policy.IsRuleGroupEnabled($bit, [string]$group)) { $state['enabledProfiles'] = $state['enabledProfiles'] -bor $bit }
            }
        }
        [void]$answer['groups'].Add($state)
    }
    $answer['policyRules'] = Find-PolicyRules $groups $answer['rules']
    return $answer
}

function Invoke-FirewallGroup($a) {
    $group = Read-Text $a 'group' '.'
    $profiles = Read-Number $a 'profiles' 1 2147483647
    $enabled = Read-Flag $a 'enabled'
    $policy = New-Object -ComObject HNetCfg.FwPolicy2
    if ((Find-Rules $policy @($group) '').Count -eq 0) { Stop-Op 'notSupported' "this Windows has no firewall rules of the group $group" }
    [void]$policy.EnableRuleGroup([int]$profiles, [string]$group, [bool]$enabled)
    return @{}
}

function Read-Rule($a) {
    $want = @{ Protocol = [int](Read-Number $a 'protocol' 0 256); Profiles = [int](Read-Number $a 'profiles' 1 2147483647); Direction = 1; Action = 0
        Description = [string](Read-Text $a 'description' ''); Enabled = [bool](Read-Flag $a 'enabled'); LocalPorts = [string](Read-Text $a 'localPorts' '')
        RemoteAddresses = [string](Read-Text $a 'remoteAddresses' ''); ApplicationName = [string](Read-Text $a 'program' ''); ServiceName = [string](Read-Text $a 'service' '') }
    if ((Read-Text $a 'direction' '\A(in|out)\z') -eq 'out') { $want['Direction'] = 2 }
    if ((Read-Text $a 'action' '\A(allow|block)\z') -eq 'allow') { $want['Action'] = 1 }
    foreach ($property in @('LocalPorts', 'RemoteAddresses')) { if ($want[$property] -eq '') { $want[$property] = '*' } }
    foreach ($property in @('ApplicationName', 'ServiceName')) { if ($want[$property] -eq '') { $want[$property] = $null } }
    if (@(6, 17) -notcontains $want['Protocol']) { $want.Remove('LocalPorts') }
    return $want
}

# Protocol before ports: Windows checks the ports against the protocol that the rule has at that moment.
function Set-Rule($rule, $want) {
    if ([int]$rule.Protocol -ne $want['Protocol'] -and @(6, 17) -contains [int]$rule.Protocol) { $rule.LocalPorts = '*' }
    foreach ($property in @('Protocol', 'LocalPorts', 'RemoteAddresses', 'Description', 'Direction', 'Action', 'Profiles', 'ApplicationName', 'ServiceName', 'Enabled')) {
        if ($want.ContainsKey($property) -and [string]$rule.$property -cne [string]$want[$property]) { $rule.$property = $want[$property] }
    }
}

function Invoke-FirewallRule($a) {
    $name = Read-Text $a 'name' '.'
    $grouping = Read-Text $a 'grouping' '.'
    $want = Read-Rule $a
    $policy = New-Object -ComObject HNetCfg.FwPolicy2
    $found = Find-Rules $policy @($grouping) $name
    if ($null -ne $a['only']) {
        $only = Read-Table $a 'only'
        $found = @($found | Where-Object { [string]$_.RemoteAddresses -eq (Read-Text $only 'remoteAddresses' '') -and [int]$_.Profiles -eq (Read-Number $only 'profiles' 1 2147483647) })
        if ($found.Length -eq 0) { Stop-Op 'refused' 'no rule of that name and Grouping reads so' }
    }
    foreach ($rule in $found) { Set-Rule $rule $want }
    if ($found.Count -gt 0) { return @{ created = $false } }
    if ($grouping.StartsWith('@')) { Stop-Op 'refused' 'a group of Windows gets no rules of ours: give the rule a Grouping of its own' }
    $rule = New-Object -ComObject HNetCfg.FWRule
    $rule.Name = $name; $rule.Grouping = $grouping
    Set-Rule $rule $want
    [void]$policy.Rules.Add($rule)
    return @{ created = $true }
}

# Remove() takes a name and removes one of the rules that have it: ours gets a name of its own first.
function Invoke-FirewallRemove($a) {
    $name = Read-Text $a 'name' '.'
    $grouping = Read-Text $a 'grouping' '\A[^@]'
    $policy = New-Object -ComObject HNetCfg.FwPolicy2
    $found = Find-Rules $policy @($grouping) $name
    foreach ($rule in $found) {
        $rule.Name = $name + ' (removing ' + [Guid]::NewGuid().ToString() + ')'
        [void]$policy.Rules.Remove([string]$rule.Name)
    }
    return @{ existed = ($found.Count -gt 0) }
}

# ---- Events (class EventLog: its ReplacementStrings are in no language)

function Invoke-EventsRead($a) {
    $log = Read-Text $a 'log' '.'
    $ids = Read-List $a 'ids' ([int64])
    $most = Read-Number $a 'max' 1 1000
    $sources = @()
    if ($null -ne $a['source']) { $sources = @((Read-Text $a 'source' '.')) }
    # The licensing service's provider has a second, older name, by which this class may show it.
    if ($sources -contains 'Microsoft-Windows-Security-SPP') { $sources = @('Microsoft-Windows-Security-SPP', 'Software Protection Platform Service') }
    $since = [datetime]::MinValue
    if ($null -ne $a['since']) {
        $match = [regex]::Match((Read-Text $a 'since' ''), '\A(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z\z')
        # Whole seconds, as in the log.
        try { $since = [datetime]::ParseExact($match.Groups[1].Value, "yyyy'-'MM'-'dd'T'HH':'mm':'ss", $invariant) }
        catch { Stop-Op 'refused' "argument 'since' must be a time like 2026-01-31T10:00:00Z" }
    }
    $events = New-Object System.Collections.ArrayList
    $answer = @{ exists = [System.Diagnostics.EventLog]::Exists($log); now = Format-Time ([datetime]::UtcNow); events = $events }
    if (-not $answer['exists']) { return $answer }
    $entries = (New-Object System.Diagnostics.EventLog($log)).Entries
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $older = 0
    # Newest first. Fifty older entries in a row end the walk (one could come from a clock that was set back).
    for ($i = $entries.Count - 1; $i -ge 0 -and $events.Count -lt $most -and $older -lt 50 -and $watch.ElapsedMilliseconds -lt 30000; $i--) {
        # Entries may vanish while we read.
        try { $entry = $entries[$i] }
        catch { break }
        $time = $entry.TimeGenerated.ToUniversalTime()
        $id = [int64]($entry.InstanceId -band 65535)
        if ($time -lt $since) { $older = $older + 1 }
        else {
            $older = 0
            if (($ids.Count -eq 0 -or $ids -contains $id) -and ($sources.Length -eq 0 -or $sources -contains [string]$entry.Source)) {
                $strings = New-Object System.Collections.ArrayList
                if ($null -ne $entry.ReplacementStrings) { foreach ($text in $entry.ReplacementStrings) { [void]$strings.Add([string]$text) } }
                [void]$events.Add(@{ id = $id; time = (Format-Time $time); strings = $strings })
            }
        }
    }
    return $answer
}

# ---- Expectations and batches

function Test-Expectation($a) {
    $partial = Read-Text $a 'partialProductKey' '\A([A-Za-z0-9]{5})?\z'
    $property = Read-Text $a 'property' ''
    $test = Read-Text $a 'test' '\A(eq|ne|match|notMatch)\z'
    if ($a['value'] -isnot [int64] -and $a['value'] -isnot [string]) { Stop-Op 'refused' "argument 'value' must be text or a whole number" }
    if (-not (Get-Columns 'SoftwareLicensingProduct').ContainsKey($property)) { Stop-Op 'notSupported' "SoftwareLicensingProduct has no property $property on this Windows" }
    if ($partial -eq '') { $product = Get-Product '' @($property) '' }
    else {
        $products = Find-Products @($property) "PartialProductKey='$partial'"
        if ($products.Count -eq 0) { Stop-Op 'noProduct' "no product carries a key that ends in $partial" }
        $product = $products[0]
    }
    $actual = Get-Column $product $property
    $text = [string]$actual
    if ($actual -is [bool]) { $text = $text.ToLowerInvariant() }
    if (@('match', 'notMatch') -contains $test) {
        try { $holds = $null -ne $actual -and [regex]::IsMatch($text, [string]$a['value']) }
        catch { Stop-Op 'refused' "argument 'value' is not a regular expression" }
    }
    else { $holds = $null -ne $actual -and $text -ceq [string]$a['value'] }
    if (@('ne', 'notMatch') -contains $test) { $holds = -not $holds }
    return @{ holds = $holds; actual = $actual }
}

function Invoke-Expect($a) {
    $seen = Test-Expectation $a
    if (-not $seen['holds']) {
        throw @{ kind = 'expectation'; actual = $seen['actual']; message = ([string]$a['property'] + ' is not as expected (' + [string]$a['test'] + ' ' + [string]$a['value'] + ')') }
    }
    return @{}
}

# A condition about a product that is not there does not hold.
function Test-When($condition) {
    try { return [bool](Test-Expectation $condition)['holds'] }
    catch {
        $failure = Get-Failure $_
        if ($failure['kind'] -eq 'noProduct') { return $false }
        throw $failure
    }
}

# Another account must be able to take the mutex too: Administrators and SYSTEM may.
function New-Mutex([string]$name) {
    $created = $false
    $security = New-Object System.Security.AccessControl.MutexSecurity
    foreach ($sid in @('S-1-5-32-544', 'S-1-5-18')) {
        $who = New-Object System.Security.Principal.SecurityIdentifier($sid)
        $security.AddAccessRule((New-Object System.Security.AccessControl.MutexAccessRule($who, 'FullControl', 'Allow')))
    }
    if ('System.Threading.MutexAcl' -as [type]) { return [System.Threading.MutexAcl]::Create($false, $name, [ref]$created, $security) }
    return (New-Object System.Threading.Mutex($false, $name, ([ref]$created), $security))
}

function Wait-Mutex($mutex, [int]$waitMs) {
    try { $got = $mutex.WaitOne($waitMs, $false) }
    catch {
        # Its last owner died with it; it is ours now.
        if ((Get-Failure $_)['exception'] -ne 'System.Threading.AbandonedMutexException') { throw }
        $got = $true
    }
    if (-not $got) { Stop-Op 'busy' 'another run is changing this machine (it holds the mutex)' }
}

function Invoke-Step($step, $state, $restart) {
    if ($state['stopped']) { return @{ status = 'notRun' } }
    try {
        if ($null -ne $step['when'] -and -not (Test-When (Read-Table $step 'when'))) { return @{ status = 'skipped' } }
        if ($step['restart'] -eq $true -and -not $state['marked']) {
            $marker = Read-Table $restart 'marker'
            [void](Invoke-RegistryWrite @{ key = $marker['key']; name = $marker['name']; kind = 'REG_SZ'; 'data' = (Format-Time ([datetime]::UtcNow)) })
            $state['marked'] = $true
        }
        $result = & $ops[[string]$step['op']] (Read-Table $step 'args')
        if ($step['restart'] -eq $true) { $state['owed'] = $true }
        return @{ status = 'done'; result = $result }
    }
    catch {
        $state['stopped'] = $true
        return @{ status = 'failed'; error = (Get-Failure $_) }
    }
}

function Invoke-OwedRestart($restart) {
    try {
        $done = Invoke-ServiceRestart @{ name = $restart['service'] }
        [void](Invoke-RegistryDelete (Read-Table $restart 'marker'))
        return @{ status = 'done'; tookMs = $done['tookMs'] }
    }
    catch { return @{ status = 'failed'; error = (Get-Failure $_) } }
}

# The whole request is looked over before anything is done.
function Invoke-Batch($a) {
    $steps = Read-List $a 'steps' ([System.Collections.Hashtable])
    $reads = Read-List $a 'reads' ([System.Collections.Hashtable])
    $state = @{ stopped = $false; marked = $false; owed = $false }
    $restart = $null
    if ($null -ne $a['restart']) {
        $restart = Read-Table $a 'restart'
        $state['owed'] = Read-Flag $restart 'owed'
        [void](Read-Path (Read-Table $restart 'marker'))
        [void](Read-Text $restart 'service' '.')
    }
    foreach ($step in $steps) {
        if ($stepOps -cnotcontains $step['op'] -or $step['args'] -isnot [System.Collections.Hashtable]) { Stop-Op 'refused' 'a step of the batch is not an operation that may stand there' }
        if ($step['restart'] -eq $true -and $null -eq $restart) { Stop-Op 'refused' 'a step of the batch asks for a restart, but the batch names no service' }
    }
    foreach ($read in $reads) {
        $isRead = $readOps -ccontains $read['op'] -and $read['args'] -is [System.Collections.Hashtable]
        if (-not $isRead -or ($read['op'] -ceq 'slmgr' -and $read['args']['verb'] -cne '/dti')) { Stop-Op 'refused' 'a read of the batch is not an operation that only reads' }
    }
    $answer = @{ steps = (New-Object System.Collections.ArrayList); reads = (New-Object System.Collections.ArrayList); restart = @{ status = 'notNeeded' } }
    $mutex = $null
    if ($null -ne $a['mutex'] -and ($steps.Count -gt 0 -or $state['owed'])) {
        $wanted = Read-Table $a 'mutex'
        $waitMs = Read-Number $wanted 'waitMs' 0 600000
        $mutex = New-Mutex ('Global\' + (Read-Text $wanted 'name' '\A[A-Za-z0-9_.-]{1,100}\z'))
        Wait-Mutex $mutex $waitMs
    }
    try {
        foreach ($step in $steps) { [void]$answer['steps'].Add((Invoke-Step $step $state $restart)) }
        if ($state['owed']) { $answer['restart'] = Invoke-OwedRestart $restart }
    }
    finally {
        if ($null -ne $mutex) {
            $mutex.ReleaseMutex()
            $mutex.Close()
        }
    }
    foreach ($read in $reads) {
        try { [void]$answer['reads'].Add(@{ ok = $true; result = (& $ops[[string]$read['op']] $read['args']) }) }
        catch { [void]$answer['reads'].Add(@{ ok = $false; error = (Get-Failure $_) }) }
    }
    return $answer
}

# ---- The agent itself

function Invoke-Ping($a) { return @{} }

function Read-First([string]$class, $columns) {
    foreach ($row in (Find-Rows ('SELECT ' + [string]::Join(',', [string[]]$columns) + " FROM $class"))) { return $row }
    Stop-Op 'notSupported' "Windows shows no $class"
}

function Read-Data([string]$path, [string]$name) {
    $value = Read-Value $path $name
    if ($null -eq $value) { return $null }
    return [string]$value['data']
}

function Invoke-Hello($a) {
    $system = Read-First 'Win32_OperatingSystem' @('Version', 'Caption', 'ProductType')
    $computer = Read-First 'Win32_ComputerSystem' @('Domain', 'PartOfDomain')
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
    $tcpip = 'SYSTEM\CurrentControlSet\Services\Tcpip\Parameters'
    $suffix = [string](Read-Data $tcpip 'NV Domain')
    if ($suffix -eq '') { $suffix = [string](Read-Data $tcpip 'Domain') }
    try { $uuid = Get-Column (Read-First 'Win32_ComputerSystemProduct' @('UUID')) 'UUID' }
    catch { $uuid = $null }
    $is64 = [IntPtr]::Size -eq 8
    $mode = [string]$ExecutionContext.SessionState.LanguageMode
    if ($mode -eq '') { $mode = 'FullLanguage' }
    return @{
        protocol = $agent['protocol']; agentVersion = $agent['version']; agentLength = $receivedBytes
        smbiosUuid = $uuid; machineGuid = (Read-Data 'SOFTWARE\Microsoft\Cryptography' 'MachineGuid')
        computerName = [Environment]::MachineName; domain = [string](Get-Column $computer 'Domain'); partOfDomain = [bool](Get-Column $computer 'PartOfDomain')
        primaryDnsSuffix = $suffix; osVersion = [string](Get-Column $system 'Version'); osCaption = ([string](Get-Column $system 'Caption')).Trim()
        productType = [int](Get-Column $system 'ProductType'); editionId = [string](Read-Data 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'EditionID')
        uiLanguage = [System.Globalization.CultureInfo]::InstalledUICulture.Name; psVersion = [string]$PSVersionTable['PSVersion']; languageMode = $mode
        is64BitProcess = $is64; is64BitOs = ($is64 -or $null -ne $env:PROCESSOR_ARCHITEW6432)
        elevated = $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator); user = $identity.Name; now = (Format-Time ([datetime]::UtcNow))
    }
}

function Invoke-Request([string]$text) {
    $id = $null
    try {
        $cursor = @{ text = $text; at = 0 }
        $request = Read-JsonValue $cursor (Read-JsonToken $cursor) 0
        if ($text.Substring($cursor['at']).Trim() -ne '' -or $request -isnot [System.Collections.Hashtable]) { Stop-Op 'refused' 'the request must be one JSON object' }
        $id = Read-Number $request 'id' 0 9007199254740991
        $op = Read-Text $request 'op' ''
        if (@($ops.Keys) -cnotcontains $op) { Stop-Op 'refused' "the agent has no operation '$op'" }
        $result = & $ops[$op] (Read-Table $request 'args')
        Write-Line @{ id = $id; ok = $true; result = $result }
    }
    catch { Write-Line @{ id = $id; ok = $false; error = (Get-Failure $_) } }
}

try {
    Write-Line @{ ready = @{ protocol = $agent['protocol']; agentVersion = $agent['version']; agentLength = $receivedBytes } }
    $chunk = New-Object byte[] 65536
    $line = New-Object System.IO.MemoryStream
    $tooLong = $false
    $quiet = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        # One read is always pending; waiting for it is the watchdog, without a thread of our own.
        $pending = $stdin.BeginRead($chunk, 0, $chunk.Length, $null, $null)
        $left = [Math]::Max(0, $agent['idleMs'] - $quiet.ElapsedMilliseconds)
        if (-not $pending.AsyncWaitHandle.WaitOne([int]$left, $false)) {
            Write-Line @{ fatal = 'idle' }
            [Environment]::Exit(0)
        }
        try { $got = $stdin.EndRead($pending) } catch { $got = 0 }
        if ($got -le 0) { [Environment]::Exit(0) }
        $start = 0
        while ($start -lt $got) {
            $end = [Array]::IndexOf($chunk, [byte]10, $start, $got - $start)
            $stop = @($end, $got)[[int]($end -lt 0)]
            if ($line.Length + $stop - $start -gt $agent['maxBytes']) { $tooLong = $true }
            if (-not $tooLong) { $line.Write($chunk, $start, $stop - $start) }
            $start = $stop + 1
            if ($end -ge 0) {
                if ($tooLong) { Write-Line @{ id = $null; ok = $false; error = @{ kind = 'refused'; message = 'the request line is longer than 1 MiB' } } }
                else { Invoke-Request ([System.Text.Encoding]::UTF8.GetString($line.ToArray())) }
                $line.SetLength(0)
                $tooLong = $false
                $quiet = [System.Diagnostics.Stopwatch]::StartNew()
            }
        }
    }
}
catch {
    Write-Line @{ fatal = 'agent'; message = [string](Get-Failure $_)['message'] }
    [Environment]::Exit(4)
}
