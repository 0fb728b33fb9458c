# ---- DNS server (module DnsServer where its commands are, from Server 2012 on; else the classes of root\MicrosoftDNS)

$dnsName = '\A[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\z'
$dnsUpdates = @{ '1' = 'any'; '2' = 'secure'; NonsecureAndSecure = 'any'; Secure = 'secure' }

# The role is there if its service is, whatever the language.
function Assert-DnsServer {
    $service = Get-Service -Name 'DNS' -ErrorAction SilentlyContinue
    if ($null -eq $service) { Stop-Op 'notSupported' 'this machine is no DNS server (it has no service DNS)' }
    if ([string]$service.Status -ne 'Running') { Stop-Op 'hresult' 'the service DNS is not running' '0x80070426' }
}

function Find-DnsRows([string]$query) {
    $searcher = New-Object System.Management.ManagementObjectSearcher('\\.\root\MicrosoftDNS', $query)
    $rows = New-Object System.Collections.ArrayList
    foreach ($row in $searcher.Get()) { [void]$rows.Add($row) }
    return ,$rows
}

function Find-DnsZoneRow([string]$zone) {
    $rows = Find-DnsRows "SELECT * FROM MicrosoftDNS_Zone WHERE ContainerName='$zone'"
    if ($rows.Count -eq 0) { Stop-Op 'hresult' "the DNS server has no zone $zone" '0x80072581' }
    return $rows[0]
}

function Find-DnsZone([string]$zone) {
    $state = @{ adIntegrated = $false; aging = $false; dynamicUpdate = 'none' }
    if (Get-Command -Name 'Get-DnsServerZone' -ErrorAction SilentlyContinue) {
        $found = Get-DnsServerZone -Name $zone -ErrorAction Stop
        $state['adIntegrated'] = [bool]$found.IsDsIntegrated
        $update = [string]$found.DynamicUpdate
        # Other kinds of zones do not age.
        if ([string]$found.ZoneType -eq 'Primary') { $state['aging'] = [bool](Get-DnsServerZoneAging -Name $zone -ErrorAction Stop).AgingEnabled }
    }
    else {
        $row = Find-DnsZoneRow $zone
        $state['adIntegrated'] = [bool](Get-Column $row 'DsIntegrated')
        $state['aging'] = [bool](Get-Column $row 'Aging')
        $update = [string](Get-Column $row 'AllowUpdate')
    }
    if ($dnsUpdates.ContainsKey($update)) { $state['dynamicUpdate'] = $dnsUpdates[$update] }
    return $state
}

# Names are answered without the final dot; the root stays a dot.
function ConvertTo-DnsName($text) { return [regex]::Replace([string]$text, '(?<=.)\.\z', '') }

function ConvertTo-DnsRecord($priority, $weight, $port, $target, $ttl, $isStatic) {
    return @{ priority = [int]$priority; weight = [int]$weight; port = [int]$port; target = (ConvertTo-DnsName $target); ttl = [int64]$ttl; static = [bool]$isStatic }
}

# The zone, what a name has in it, and beside each record the object that removes it.
function Find-DnsSet([string]$zone, [string]$name) {
    $set = @{ zone = (Find-DnsZone $zone); records = (New-Object System.Collections.ArrayList); rows = (New-Object System.Collections.ArrayList); alias = $null }
    if (Get-Command -Name 'Get-DnsServerResourceRecord' -ErrorAction SilentlyContinue) {
        try { $rows = @(Get-DnsServerResourceRecord -ZoneName $zone -Name $name -Node -ErrorAction Stop) }
        catch {
            $failure = Get-Failure $_
            # DNS_ERROR_NAME_DOES_NOT_EXIST: there is nothing at this name.
            if ($failure['code'] -ne '0x800725F2') { throw $failure }
            $rows = @()
        }
        foreach ($row in $rows) {
            $content = $row.RecordData
            if ([string]$row.RecordType -eq 'CNAME') { $set['alias'] = ConvertTo-DnsName $content.HostNameAlias }
            if ([string]$row.RecordType -eq 'SRV') {
                $ttl = $row.TimeToLive.TotalSeconds
                [void]$set['records'].Add((ConvertTo-DnsRecord $content.Priority $content.Weight $content.Port $content.DomainName $ttl ($null -eq $row.Timestamp)))
                [void]$set['rows'].Add($row)
            }
        }
        return $set
    }
    $where = "WHERE ContainerName='$zone' AND OwnerName='$name.$zone'"
    foreach ($row in (Find-DnsRows "SELECT * FROM MicrosoftDNS_CNAMEType $where")) { $set['alias'] = ConvertTo-DnsName (Get-Column $row 'PrimaryName') }
    foreach ($row in (Find-DnsRows "SELECT * FROM MicrosoftDNS_SRVType $where")) {
        $record = ConvertTo-DnsRecord (Get-Column $row 'Priority') (Get-Column $row 'Weight') (Get-Column $row 'Port') (Get-Column $row 'SRVDomainName') (Get-Column $row 'TTL') ([int64](Get-Column $row 'Timestamp') -eq 0)
        [void]$set['records'].Add($record)
        [void]$set['rows'].Add($row)
    }
    return $set
}

# Static: without a time stamp, so that scavenging leaves it alone.
function Add-DnsRecord([string]$zone, [string]$name, $record) {
    $target = [string]$record['target'] + '.'
    if (Get-Command -Name 'Add-DnsServerResourceRecord' -ErrorAction SilentlyContinue) {
        $life = [timespan]::FromSeconds([double]$record['ttl'])
        [void](Add-DnsServerResourceRecord -Srv -ZoneName $zone -Name $name -DomainName $target -Priority ([uint16]$record['priority']) -Weight ([uint16]$record['weight']) -Port ([uint16]$record['port']) -TimeToLive $life -ErrorAction Stop)
        return
    }
    $server = [string](Get-Column (Find-DnsZoneRow $zone) 'DnsServerName')
    $class = New-Object System.Management.ManagementClass('\\.\root\MicrosoftDNS', 'MicrosoftDNS_SRVType', (New-Object System.Management.ObjectGetOptions))
    Invoke-Method $class 'CreateInstanceFromPropertyData' @{ DnsServerName = $server; ContainerName = $zone; OwnerName = "$name.$zone"; RecordClass = 1
        TTL = $record['ttl']; Priority = $record['priority']; Weight = $record['weight']; Port = $record['port']; SRVDomainName = $target }
}

function Remove-DnsRecord([string]$zone, $row) {
    if (Get-Command -Name 'Remove-DnsServerResourceRecord' -ErrorAction SilentlyContinue) {
        [void](Remove-DnsServerResourceRecord -ZoneName $zone -InputObject $row -Force -ErrorAction Stop)
        return
    }
    $row.psbase.Delete()
}

# A record's data in one text, by which two of them are compared: names without regard to case, TTL and time stamp not at all.
function Read-DnsData($a) {
    $numbers = '{0} {1} {2} ' -f (Read-Number $a 'priority' 0 65535), (Read-Number $a 'weight' 0 65535), (Read-Number $a 'port' 0 65535)
    return ($numbers + (ConvertTo-DnsName (Read-Text $a 'target' '.'))).ToLowerInvariant()
}

function Read-DnsList($a, [string]$name) {
    $list = New-Object System.Collections.ArrayList
    foreach ($record in (Read-List $a $name ([System.Collections.Hashtable]))) { [void]$list.Add((Read-DnsData $record)) }
    return ,$list
}

# In one order, whatever the server's was.
function Join-DnsData($list) {
    $texts = [string[]]$list.ToArray()
    [Array]::Sort($texts, [StringComparer]::Ordinal)
    return [string]::Join('; ', [string[]]$texts)
}

function Invoke-DnsRead($a) {
    $zone = Read-Text $a 'zone' $dnsName
    $name = Read-Text $a 'name' $dnsName
    Assert-DnsServer
    $set = Find-DnsSet $zone $name
    return @{ zone = $set['zone']; records = $set['records']; alias = $set['alias'] }
}

function Invoke-DnsChange($a) {
    $zone = Read-Text $a 'zone' $dnsName
    $name = Read-Text $a 'name' $dnsName
    $expected = Read-DnsList $a 'expected'
    $deletes = Read-DnsList $a 'deletes'
    foreach ($text in $deletes) { if ($expected -notcontains $text) { Stop-Op 'refused' 'a record to be deleted is not among those that are expected' } }
    $add = $null; $new = ''
    if ($null -ne $a['add']) {
        $add = Read-Table $a 'add'
        $new = Read-DnsData $add
        [void](Read-Text $add 'target' $dnsName); [void](Read-Number $add 'ttl' 0 2147483647)
    }
    Assert-DnsServer
    $set = Find-DnsSet $zone $name
    $found = New-Object System.Collections.ArrayList
    foreach ($record in $set['records']) { [void]$found.Add(('{0} {1} {2} {3}' -f $record['priority'], $record['weight'], $record['port'], $record['target']).ToLowerInvariant()) }
    $actual = Join-DnsData $found
    if ($null -ne $set['alias'] -or $actual -cne (Join-DnsData $expected)) { throw @{ kind = 'expectation'; actual = $actual; message = "the SRV records of $name are not those that were expected" } }
    # Windows refuses to add what is there already, so a record that only gets another TTL, or loses its time stamp, goes first.
    $twin = $found.IndexOf($new)
    if ($deletes -notcontains $new) { $twin = -1 }
    if ($twin -ge 0) { Remove-DnsRecord $zone $set['rows'][$twin] }
    if ($null -ne $add) {
        try { Add-DnsRecord $zone $name $add }
        catch {
            $failure = Get-Failure $_
            if ($twin -ge 0) { Add-DnsRecord $zone $name $set['records'][$twin] }
            throw $failure
        }
    }
    # All others go once the new one is there: clients find a host all the time.
    for ($i = 0; $i -lt $found.Count; $i++) { if ($i -ne $twin -and $deletes -contains $found[$i]) { Remove-DnsRecord $zone $set['rows'][$i] } }
    return @{}
}
