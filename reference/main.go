// Command seatrial-reference is the reference cluster: every component of
// Kubernetes v1.36 in one program, together or one by one.
package main

import (
	"os"

	"github.com/seatrial/seatrial/reference/command"
)

func main() { os.Exit(command.Main(os.Args[1:])) }
