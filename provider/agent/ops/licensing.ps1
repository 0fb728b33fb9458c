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
