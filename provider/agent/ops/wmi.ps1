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
