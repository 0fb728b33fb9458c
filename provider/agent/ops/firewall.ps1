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
