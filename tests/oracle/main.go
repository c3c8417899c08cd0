// The Go library's answer, one JSON array of objects: an independent opinion for psgo's tests.
//
// Every call is a process of its own, because the library leaves its caller in the container.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/containers/psgo"
)

func main() {
	pids := flag.String("pids", "", "host pids, comma-separated")
	format := flag.String("format", "", "descriptors, comma-separated")
	join := flag.Bool("join", false, "join the namespaces of the pids")
	fill := flag.Bool("fill-mappings", false, "with -join: map ids by this process's user namespace")
	flag.Parse()

	answer, err := ask(strings.Split(*pids, ","), strings.Split(*format, ","), *join, *fill)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(objects(answer, strings.Split(*format, ",")))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func ask(pids, descriptors []string, join, fill bool) ([][]string, error) {
	if !join {
		return psgo.ProcessInfoByPids(pids, descriptors)
	}
	options := psgo.JoinNamespaceOpts{FillMappings: fill}
	return psgo.JoinNamespaceAndProcessInfoByPidsWithOptions(pids, descriptors, &options)
}

// objects gives each cell the descriptor's name for a key; the first row holds the headers.
func objects(answer [][]string, names []string) []map[string]string {
	found := []map[string]string{}
	for i, row := range answer {
		if i == 0 {
			continue
		}
		object := map[string]string{}
		for column, cell := range row {
			object[names[column]] = cell
		}
		found = append(found, object)
	}
	return found
}
