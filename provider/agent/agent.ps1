# Agent of pulumi-volume-activation: everything that this project runs on a Windows machine.
# The provider sends this text, with the files of ops/ in their place (index.ts), through standard input, and the bootstrap
# (bootstrap.ts) runs it. It prints one "ready" line, then answers one line for each request line. The contract is
# PROTOCOL.md beside this file.
# It must run on Windows PowerShell 2.0 to 5.1 and on PowerShell 7: no newer syntax, WMI by the classes of System.Management
# only, own JSON. What functions change is kept in the one table $agent, because "script:" means the global scope in a
# script block that is no file.
param($stdin, [int]$receivedBytes)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$agent = @{ version = '0.1.0'; protocol = 1; maxBytes = 1048576; idleMs = 60000; scope = $null; columns = @{}; directory = $null }
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
    'service.restart' = 'Invoke-ServiceRestart'; 'net.listeners' = 'Invoke-NetListeners'; 'net.probe' = 'Invoke-NetProbe'
    'firewall.read' = 'Invoke-FirewallRead'; 'firewall.group' = 'Invoke-FirewallGroup'; 'firewall.rule' = 'Invoke-FirewallRule'; 'firewall.remove' = 'Invoke-FirewallRemove'
    'events.read' = 'Invoke-EventsRead'; 'dns.read' = 'Invoke-DnsRead'; 'dns.change' = 'Invoke-DnsChange'
    'directory.node' = 'Invoke-DirectoryNode'; 'directory.write' = 'Invoke-DirectoryWrite'; 'account.sid' = 'Invoke-AccountSid'
    'expect' = 'Invoke-Expect'; 'batch' = 'Invoke-Batch'
}
$stepOps = @('slmgr', 'registry.write', 'registry.delete', 'service.restart', 'firewall.group', 'firewall.rule', 'firewall.remove', 'dns.change', 'directory.write', 'expect')
$readOps = @('licensing.read', 'registry.read', 'net.listeners', 'firewall.read', 'events.read', 'dns.read', 'directory.node', 'slmgr')
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

# Commands that go over CIM tell their number in the error's id, like "WIN32 9601,Get-DnsServerZone" or "HRESULT 0x80041010,...".
function Get-CimCode($record) {
    $id = [regex]::Match([string]$record.FullyQualifiedErrorId, '\A(?:WIN32 ([0-9]{1,5})|HRESULT 0x([0-9A-Fa-f]{8}))(?:,|\z)')
    if ($id.Groups[1].Success) { return (-2147024896 -bor [int]$id.Groups[1].Value) }
    if ($id.Groups[2].Success) { return [Convert]::ToInt32($id.Groups[2].Value, 16) }
    return -2147467259
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
    elseif ($type -eq 'Microsoft.Management.Infrastructure.CimException') { $code = Get-CimCode $record }
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

# ---- Operations: the files of ops/ stand here

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

function Read-DnsSuffix {
    $tcpip = 'SYSTEM\CurrentControlSet\Services\Tcpip\Parameters'
    $suffix = [string](Read-Data $tcpip 'NV Domain')
    if ($suffix -eq '') { $suffix = [string](Read-Data $tcpip 'Domain') }
    return $suffix
}

function Invoke-Hello($a) {
    $system = Read-First 'Win32_OperatingSystem' @('Version', 'Caption', 'ProductType')
    $computer = Read-First 'Win32_ComputerSystem' @('Domain', 'PartOfDomain')
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal($identity)
    try { $uuid = Get-Column (Read-First 'Win32_ComputerSystemProduct' @('UUID')) 'UUID' }
    catch { $uuid = $null }
    $is64 = [IntPtr]::Size -eq 8
    $mode = [string]$ExecutionContext.SessionState.LanguageMode
    if ($mode -eq '') { $mode = 'FullLanguage' }
    return @{
        protocol = $agent['protocol']; agentVersion = $agent['version']; agentLength = $receivedBytes
        smbiosUuid = $uuid; machineGuid = (Read-Data 'SOFTWARE\Microsoft\Cryptography' 'MachineGuid')
        computerName = [Environment]::MachineName; domain = [string](Get-Column $computer 'Domain'); partOfDomain = [bool](Get-Column $computer 'PartOfDomain')
        primaryDnsSuffix = (Read-DnsSuffix); osVersion = [string](Get-Column $system 'Version'); osCaption = ([string](Get-Column $system 'Caption')).Trim()
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
