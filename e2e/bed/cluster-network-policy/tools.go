//go:build tools

// Package conformance pins the conformance tests of ClusterNetworkPolicy, which are a test binary of their module.
package conformance

import (
	_ "sigs.k8s.io/network-policy-api/conformance"
	_ "sigs.k8s.io/network-policy-api/conformance/tests"
)
