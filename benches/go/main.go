// The default listing as a small program over the Go library of the same name makes it: the
// whole process is measured beside psgo.
package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/containers/psgo"
)

func main() {
	// No descriptor at all means the default ones.
	rows, err := psgo.ProcessInfo(nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	table := tabwriter.NewWriter(os.Stdout, 5, 1, 3, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	if err := table.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
