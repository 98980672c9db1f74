//go:build tools

package e2e

import (
	// Runs the cases of one test binary in several processes.
	_ "github.com/onsi/ginkgo/v2/ginkgo"
	// The program of test pods, from the same module.
	_ "k8s.io/kubernetes/test/images/agnhost"
)
