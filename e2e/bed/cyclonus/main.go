// Command cyclonus asks the engine of cyclonus, which is not ours, what NetworkPolicies allow.
//
// Each line of the standard input is a cluster in JSON (see cluster below); the answer is one line with one character for each
// connection: from each endpoint (outermost) to each endpoint to each port, in their order. Bit 0 of the digit: the egress policies
// of the one that opens it let it through; bit 1: the ingress policies of the one that answers do.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

type cluster struct {
	// By name.
	Namespaces map[string]map[string]string `json:"namespaces"`
	Endpoints  []endpoint                   `json:"endpoints"`
	Ports      []port                       `json:"ports"`
	Policies   []*networking.NetworkPolicy  `json:"policies"`
}

// endpoint is one address of a pod, or without a namespace one outside.
type endpoint struct {
	Address   string            `json:"address"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels"`
	Ports     []port            `json:"ports"`
}

// port of a connection (the protocol is any text for those without ports), or one of a container with its name.
type port struct {
	Name     string        `json:"name"`
	Protocol core.Protocol `json:"protocol"`
	Number   int           `json:"number"`
}

func main() {
	if err := answer(); err != nil {
		fmt.Fprintln(os.Stderr, "cyclonus:", err)
		os.Exit(1)
	}
}

func answer() error {
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), bufio.NewWriter(os.Stdout)
	for in.More() {
		var asked cluster
		if err := in.Decode(&asked); err != nil {
			return err
		}
		out.Write(append(table(asked), '\n'))
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func table(asked cluster) []byte {
	for _, policy := range asked.Policies {
		setDefaults(policy)
	}
	policies := matcher.BuildNetworkPolicies(false, asked.Policies)
	var digits []byte
	for _, source := range asked.Endpoints {
		for _, destination := range asked.Endpoints {
			for _, port := range asked.Ports {
				digits = append(digits, '0'+judge(policies, peer(asked, source), peer(asked, destination), destination.names(port), port))
			}
		}
	}
	return digits
}

// judge asks once for each name that the port has: the engine knows of one, and a rule more never closes.
func judge(policies *matcher.Policy, source, destination *matcher.TrafficPeer, names []string, port port) byte {
	var bits byte
	for _, name := range names {
		result := policies.IsTrafficAllowed(&matcher.Traffic{
			Source: source, Destination: destination, ResolvedPort: port.Number, ResolvedPortName: name, Protocol: port.Protocol})
		if result.Egress.IsAllowed() {
			bits |= 1
		}
		if result.Ingress.IsAllowed() {
			bits |= 2
		}
	}
	return bits
}

func peer(asked cluster, end endpoint) *matcher.TrafficPeer {
	if end.Namespace == "" {
		return &matcher.TrafficPeer{IP: end.Address}
	}
	return &matcher.TrafficPeer{IP: end.Address, Internal: &matcher.InternalPeer{
		PodLabels: end.Labels, NamespaceLabels: asked.Namespaces[end.Namespace], Namespace: end.Namespace}}
}

// names that the containers give a port; without any the one that none has.
func (e endpoint) names(asked port) []string {
	names := []string{""}
	for _, own := range e.Ports {
		if own.Protocol == asked.Protocol && own.Number == asked.Number {
			names = append(names, own.Name)
		}
	}
	return names
}

// setDefaults does what the API server does before it stores a policy, and the engine expects.
func setDefaults(policy *networking.NetworkPolicy) {
	if len(policy.Spec.PolicyTypes) > 0 {
		return
	}
	policy.Spec.PolicyTypes = []networking.PolicyType{networking.PolicyTypeIngress}
	if len(policy.Spec.Egress) > 0 {
		policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networking.PolicyTypeEgress)
	}
}
