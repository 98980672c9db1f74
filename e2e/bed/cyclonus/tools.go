//go:build tools

package main

// Its command line: the same engine against a cluster.
import _ "github.com/mattfenwick/cyclonus/cmd/cyclonus"
