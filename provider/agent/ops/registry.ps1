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
