# ---- Events (class EventLog: its ReplacementStrings are in no language)

# EventLogEntryType; an entry without one (0) is shown by Windows as information.
$eventTypes = @{ 0 = 'information'; 1 = 'error'; 2 = 'warning'; 4 = 'information'; 8 = 'auditSuccess'; 16 = 'auditFailure' }

function Invoke-EventsRead($a) {
    $log = Read-Text $a 'log' '.'
    $ids = Read-List $a 'ids' ([int64])
    $most = Read-Number $a 'max' 1 1000
    $look = [int64]::MaxValue
    if ($null -ne $a['look']) { $look = Read-Number $a 'look' 1 100000 }
    $types = New-Object System.Collections.ArrayList
    if ($null -ne $a['types']) { $types = Read-List $a 'types' ([string]) }
    foreach ($word in $types) { if (@($eventTypes.Values) -cnotcontains $word) { Stop-Op 'refused' "argument 'types' has a word that is no type of an event" } }
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
    $seen = 0
    # Newest first. Fifty older entries in a row end the walk (one could come from a clock that was set back).
    for ($i = $entries.Count - 1; $i -ge 0 -and $events.Count -lt $most -and $older -lt 50 -and $seen -lt $look -and $watch.ElapsedMilliseconds -lt 30000; $i--) {
        # Entries may vanish while we read.
        try { $entry = $entries[$i] }
        catch { break }
        $seen = $seen + 1
        $time = $entry.TimeGenerated.ToUniversalTime()
        $id = [int64]($entry.InstanceId -band 65535)
        $type = [string]$eventTypes[[int]$entry.EntryType]
        if ($time -lt $since) { $older = $older + 1 }
        else {
            $older = 0
            if (($ids.Count -eq 0 -or $ids -contains $id) -and ($types.Count -eq 0 -or $types -ccontains $type) -and ($sources.Length -eq 0 -or $sources -contains [string]$entry.Source)) {
                $strings = New-Object System.Collections.ArrayList
                if ($null -ne $entry.ReplacementStrings) { foreach ($text in $entry.ReplacementStrings) { [void]$strings.Add([string]$text) } }
                [void]$events.Add(@{ id = $id; type = $type; time = (Format-Time $time); strings = $strings })
            }
        }
    }
    return $answer
}
