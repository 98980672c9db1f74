/**
 * A real Kubernetes cluster whose machines are containers: started, used, damaged and removed by
 * tests, demo and benchmarks alike. The contract of the images it starts is {@code
 * e2e/bed/README.md}.
 */
package dev.tweed.e2e.bed;
