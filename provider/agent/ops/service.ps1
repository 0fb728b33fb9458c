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
