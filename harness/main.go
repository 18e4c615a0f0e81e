// Command seatrial tells whether a cluster behaves as Kubernetes is documented
// to behave, and starts reference clusters.
package main

import (
	"os"

	"github.com/seatrial/seatrial/harness/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
