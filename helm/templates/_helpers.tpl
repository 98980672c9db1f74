{{/* Prefix of every name. Frozen: selectors and cluster-scoped names are made of it. */}}
{{- define "tweed.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Not empty, unless this is the release that cleans nodes. Refuses what the schema cannot tell. */}}
{{- define "tweed.release" -}}
{{- /* The newest value, which those of any earlier version lack. */ -}}
{{- if kindIs "invalid" (.Values.networkPolicy).podStart -}}
{{- fail "these values are those of an earlier version of the chart: give --reset-then-reuse-values in place of --reuse-values" -}}
{{- else if not .Values.enabled -}}
{{- fail "enabled=false is for the condition of a parent chart, which then leaves this one out; to remove a release there is helm uninstall" -}}
{{- end -}}
{{- with .Values.operator -}}
{{- if eq (int .http.port) (int $.Values.node.http.port) -}}
{{- fail (printf "operator.http.port and node.http.port are both %d, and both are on the network of the node: give each its own" (int .http.port)) -}}
{{- end -}}
{{- with .leaderElection -}}
{{- $lease := int (include "tweed.seconds" .leaseDuration) -}}
{{- $renew := int (include "tweed.seconds" .renewDeadline) -}}
{{- if not (and (lt $renew $lease) (lt (int (include "tweed.seconds" .retryPeriod)) $renew)) -}}
{{- fail (printf "operator.leaderElection has leaseDuration=%s, renewDeadline=%s and retryPeriod=%s: each has to be longer than the next, as 15s, 10s and 2s are" .leaseDuration .renewDeadline .retryPeriod) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not .Values.cleanup.enabled -}}
true
{{- else if not (hasSuffix "-cleanup" .Release.Name) -}}
{{- fail (printf "cleanup.enabled=true takes the network off every node, and would put that in the place of release %s. It is for a release of its own, whose name ends in -cleanup, after this one was removed: docs/uninstall.md" .Release.Name) -}}
{{- end -}}
{{- end -}}

{{/* Of a number with s, m or h. */}}
{{- define "tweed.seconds" -}}
{{- mul (int (trimAll "smh" .)) (get (dict "s" 1 "m" 60 "h" 3600) (substr (int (sub (len .) 1)) (len .) .)) -}}
{{- end -}}

{{/* What a schema of the chart's CRDs has, and that of the cluster lacks: paths, one a line. Call with (list schema
     schema-in-the-cluster "path"). */}}
{{- define "tweed.lacking" -}}
{{- $ours := index . 0 -}}
{{- $theirs := index . 1 -}}
{{- $path := index . 2 -}}
{{- if not $theirs -}}
{{ $path }}
{{ else -}}
{{- range $name, $schema := $ours.properties -}}
{{- include "tweed.lacking" (list $schema (dig "properties" $name dict $theirs) (printf "%s.%s" $path $name)) -}}
{{- end -}}
{{- with $ours.items -}}
{{- include "tweed.lacking" (list . (dig "items" dict $theirs) $path) -}}
{{- end -}}
{{- range $ours.enum -}}
{{- if not (has . ($theirs.enum | default list)) -}}
{{ $path }}={{ . }}
{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Labels that selectors use. Immutable in Deployments and DaemonSets: never add or change one.
     Call with (list . "component"). */}}
{{- define "tweed.selectorLabels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: tweed
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* Labels of objects; versions only here. Call with (list . "component"), and a dict of more. */}}
{{- define "tweed.labels" -}}
{{- $root := index . 0 -}}
{{ include "tweed.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- include "tweed.moreLabels" . }}
{{- end -}}

{{/* Labels of pods. Call with (list . "component" .Values.<component>.podLabels). */}}
{{- define "tweed.podLabels" -}}
{{ include "tweed.selectorLabels" . }}
{{- include "tweed.moreLabels" . }}
{{- end -}}

{{- define "tweed.moreLabels" -}}
{{- with merge (dict) (index (append . dict) 2) (index . 0).Values.commonLabels }}
{{- range keys . | sortAlpha }}
{{- if regexMatch "^(app[.]kubernetes[.]io/(name|instance|component|version|managed-by)|helm[.]sh/chart)$" . }}
{{- fail (printf "commonLabels or podLabels: %s is the chart's own label, which selectors use; choose another key" .) }}
{{- end }}
{{- end }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name of a ServiceAccount. Call with (list . "component"). The policies know operator and daemons by it. */}}
{{- define "tweed.serviceAccount" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- $name := (index $root.Values $component).serviceAccount.name | default (printf "%s-%s" (include "tweed.fullname" $root) $component) -}}
{{- $operator := $root.Values.operator.serviceAccount.name | default (printf "%s-operator" (include "tweed.fullname" $root)) -}}
{{- if or (eq $name "default") (and (eq $component "node") (eq $name $operator)) -}}
{{- fail (printf "%s.serviceAccount.name=%s: the daemons' rights go by a ServiceAccount that neither the operator nor any other pod has" $component $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Environment of a container: a list as YAML, and extraEnv, which wins. Server-side apply refuses a name given twice. */}}
{{- define "tweed.env" -}}
{{- $names := list -}}
{{- range index . 1 -}}{{- $names = append $names .name -}}{{- end -}}
{{- $env := list -}}
{{- range index . 0 | fromYamlArray -}}
{{- if not (has .name $names) -}}{{- $env = append $env . -}}{{- end -}}
{{- end -}}
{{- concat $env (index . 1) | toYaml -}}
{{- end -}}

{{/* Options of the JVM. Call with .Values.operator or .Values.node. */}}
{{- define "tweed.javaOptions" -}}
{{- $heap := list -}}
{{- with .heap -}}{{- $heap = list (printf "-Xmx%s" .) -}}{{- end -}}
{{- with concat $heap .jvmOptions -}}
- name: TWEED_JAVA_OPTS
  value: {{ join " " . | quote }}
{{- end -}}
{{- end -}}

{{/* Reference of an image. Call with (list . .Values.operator.image). Without a host in front, container runtimes ask
     Docker Hub, where whoever holds the name would run as root on every node. */}}
{{- define "tweed.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := $root.Values.image.registry | default "" | trimSuffix "/" -}}
{{- if ne $root.Values.image.pullPolicy "Never" -}}
{{- if not $registry -}}
{{- fail "image.registry is empty: set it to the registry that you pushed the images to, as in --set image.registry=registry.example.org; for images imported on every node set image.pullPolicy=Never" -}}
{{- else if or (not (regexMatch "^(localhost|[^/]+[.:][^/]+)(/|$)" $registry)) (regexMatch "(?i)^([^/]+[.])?docker[.](io|com)(:[0-9]+)?$" $registry) -}}
{{- fail (printf "image.registry=%s: begin with the host of a registry, and on Docker Hub go on with a namespace of your own, as in registry.example.org or docker.io/your-name" $registry) -}}
{{- end -}}
{{- end -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest -}}
@{{ $image.digest }}
{{- else -}}
:{{ default $root.Chart.AppVersion $root.Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* Namespace of the daemons' Leases; empty where they have none. */}}
{{- define "tweed.leaseNamespace" -}}
{{- if and (include "tweed.release" .) .Values.node.leases.enabled -}}
{{- $namespace := .Values.node.leases.namespace | default (printf "%s-node-lease" (include "tweed.fullname" . | replace "." "-")) -}}
{{- if eq $namespace .Release.Namespace -}}
{{- fail (printf "node.leases.namespace=%s is the namespace of the release, where the Lease of the operator is: choose another, which the chart makes" $namespace) -}}
{{- end -}}
{{- $namespace -}}
{{- end -}}
{{- end -}}

{{/* Environment that leads to the API server without the Service address. */}}
{{- define "tweed.apiServerEnv" -}}
{{- if .Values.apiServer.host -}}
- name: KUBERNETES_SERVICE_HOST
  value: {{ .Values.apiServer.host | quote }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ .Values.apiServer.port | quote }}
{{- end -}}
{{- end -}}

{{/* Address a probe connects to: loopback unless bound to one address of the node. */}}
{{- define "tweed.probeHost" -}}
{{- if or (eq .address "0.0.0.0") (eq .address "::") -}}127.0.0.1{{- else -}}{{ .address }}{{- end -}}
{{- end -}}

{{/* What the node's data path needs, shared by daemon and cleanup: proven minimum, see docs/threat-model.md. */}}
{{- define "tweed.nodeSecurityContext" -}}
# Root: added capabilities are lost by any other uid. NET_ADMIN: links, routes, nftables and the network sysctls.
runAsUser: 0
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
{{- $capabilities := list "NET_ADMIN" }}
capabilities:
  drop: [ALL]
  {{- if .Values.firewall.hostTools }}
  {{- $capabilities = append $capabilities "SYS_CHROOT" }}
  # SYS_CHROOT: the host's own programs.
  {{- end }}
  {{- if and .Values.node.fastPath (not .Values.cleanup.enabled) }}
  {{- $capabilities = concat $capabilities .Values.node.fastPathCapabilities }}
  # {{ join ", " .Values.node.fastPathCapabilities }}: the eBPF programs of the fast path, docs/fastpath.md.
  {{- end }}
  {{- if and .Values.node.capture (not .Values.cleanup.enabled) }}
  {{- $capabilities = append $capabilities "NET_RAW" }}
  # NET_RAW: tweed-node capture.
  {{- end }}
  add: [{{ join ", " $capabilities }}]
{{- if .Values.firewall.hostTools }}
# The runtimes' profile has no rule for D-Bus: where AppArmor guards the bus, firewalld could not be asked.
appArmorProfile:
  type: Unconfined
{{- end }}
{{- end -}}

{{/* Where the CNI directories are here, and where on the host. */}}
{{- define "tweed.cniEnv" -}}
- name: TWEED_CNI_CONF_DIR
  value: /host/cni-conf
- name: TWEED_CNI_CONF_DIR_ON_HOST
  value: {{ .Values.cni.confDir | quote }}
- name: TWEED_CNI_BIN_DIR
  value: /host/cni-bin
- name: TWEED_CNI_BIN_DIR_ON_HOST
  value: {{ .Values.cni.binDir | quote }}
{{- end -}}

{{/* The line of tmpfiles.d that removes the CNI configuration at boot: not for the daemon. */}}
{{- define "tweed.tmpfilesEnv" -}}
{{- if .Values.cni.tmpfilesDir -}}
- name: TWEED_TMPFILES_DIR
  value: /host/tmpfiles.d
{{- end }}
{{- end -}}

{{- define "tweed.tmpfilesMount" -}}
{{- if .Values.cni.tmpfilesDir -}}
- name: tmpfiles
  mountPath: /host/tmpfiles.d
{{- end }}
{{- end -}}

{{- define "tweed.nodeEnv" -}}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
{{ include "tweed.cniEnv" . }}
- name: TWEED_SYSCTL_DIR
  value: /host/proc-sys-net
- name: TWEED_LOG_LEVEL
  value: {{ .Values.logLevel }}
{{- if .Values.firewall.hostTools }}
- name: TWEED_HOST_ROOT
  value: /host/root
{{- end }}
{{- end -}}

{{/* Without the directory of CNI plugins, which not everyone may write. */}}
{{- define "tweed.nodeVolumeMounts" -}}
- name: run
  mountPath: /run/tweed
- name: state
  mountPath: /var/lib/tweed
- name: cni-conf
  mountPath: /host/cni-conf
# Not at /proc/sys/net itself: container runtimes refuse mounts inside /proc.
- name: sysctl
  mountPath: /host/proc-sys-net
{{- if .Values.firewall.hostTools }}
# Read-only but for what is mounted below it, such as /run, where the lock of ufw is.
- name: root
  mountPath: /host/root
  readOnly: true
# Not /etc/ufw alone: where it is missing, a container runtime would make it, and a pod that insists on it would not start.
- name: etc
  mountPath: /host/root/etc
{{- end }}
{{- end -}}

{{- define "tweed.nodeVolumes" -}}
- name: run
  hostPath:
    path: /run/tweed
    type: DirectoryOrCreate
- name: state
  hostPath:
    path: /var/lib/tweed
    type: DirectoryOrCreate
- name: cni-conf
  hostPath:
    path: {{ .Values.cni.confDir | quote }}
    type: DirectoryOrCreate
- name: cni-bin
  hostPath:
    path: {{ .Values.cni.binDir | quote }}
    type: DirectoryOrCreate
- name: sysctl
  hostPath:
    path: /proc/sys/net
    type: Directory
{{- with .Values.cni.tmpfilesDir }}
- name: tmpfiles
  hostPath:
    path: {{ . | quote }}
    type: DirectoryOrCreate
{{- end }}
{{- if .Values.firewall.hostTools }}
- name: root
  hostPath:
    path: /
    type: Directory
- name: etc
  hostPath:
    path: /etc
    type: Directory
{{- end }}
{{- end -}}
