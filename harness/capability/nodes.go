package capability

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/steps/partial"
)

func (d *detection) nodes(ctx context.Context) error {
	answer, err := d.get(ctx, "/api/v1/nodes")
	if err != nil {
		return err
	}
	var findings map[string]string
	if answer.Refused() {
		reason := "Nodes cannot be listed: " + brief(answer)
		findings = map[string]string{Nodes: reason, TwoNodes: reason, RealContainers: reason, LinuxAMD64: reason}
	} else {
		findings = judgeNodes(items(answer))
	}
	for name, reason := range findings {
		d.found(name, reason)
	}
	return nil
}

// judgeNodes gives, for each capability of Nodes, the reason why it is absent, or nothing when it is there.
func judgeNodes(nodes []any) map[string]string {
	var usable []any
	for _, node := range nodes {
		if isUsable(node) {
			usable = append(usable, node)
		}
	}
	found := map[string]string{Nodes: "", TwoNodes: "", RealContainers: "", LinuxAMD64: ""}
	few := usableOf(len(usable), len(nodes))
	if len(usable) < 2 {
		found[TwoNodes] = few
	}
	if len(usable) == 0 {
		return map[string]string{Nodes: few, TwoNodes: few, RealContainers: few, LinuxAMD64: few}
	}
	if !slices.ContainsFunc(usable, hasRealContainers) {
		found[RealContainers] = "the container runtimes are " + distinct(usable, runtimeOf)
	}
	if !slices.ContainsFunc(usable, func(node any) bool { return platform(node) == "linux/amd64" }) {
		found[LinuxAMD64] = "the Nodes have " + distinct(usable, platform)
	}
	return found
}

func usableOf(usable, all int) string {
	switch {
	case all == 0:
		return "there are no Nodes"
	case usable == 1:
		return fmt.Sprintf("1 of %d Nodes is Ready and takes Pods", all)
	}
	return fmt.Sprintf("%d of %d Nodes are Ready and take Pods", usable, all)
}

// isUsable reports whether the Node is Ready and takes any Pod. A Ready one that still bears the taint of its start loses it at once:
// https://kubernetes.io/docs/reference/labels-annotations-taints/#node-kubernetes-io-not-ready
func isUsable(node any) bool {
	closed, _ := partial.Field(node, "spec.unschedulable")
	taints, _ := partial.Field(node, "spec.taints")
	list, _ := taints.([]any)
	repels := slices.ContainsFunc(list, func(taint any) bool {
		effect := text(taint, "effect")
		return (effect == "NoSchedule" || effect == "NoExecute") && text(taint, "key") != "node.kubernetes.io/not-ready"
	})
	return text(node, "status.conditions[type=Ready].status") == "True" && closed != true && !repels
}

// hasRealContainers reports whether the Node names a runtime that runs processes. Simulators say that they are one, or name none: the
// field is "<runtime>://<version>" by the documentation of NodeSystemInfo.
func hasRealContainers(node any) bool {
	runtime, _, ok := strings.Cut(text(node, "status.nodeInfo.containerRuntimeVersion"), "://")
	if !ok || runtime == "" || text(node, "metadata.annotations['kwok.x-k8s.io/node']") != "" {
		return false
	}
	for _, simulator := range []string{"hollow", "fake", "kwok", "simulated", "mock"} {
		if strings.Contains(strings.ToLower(runtime), simulator) {
			return false
		}
	}
	return true
}

func runtimeOf(node any) string {
	if version := text(node, "status.nodeInfo.containerRuntimeVersion"); version != "" {
		return version
	}
	return "not named"
}

func platform(node any) string {
	return text(node, "status.nodeInfo.operatingSystem") + "/" + text(node, "status.nodeInfo.architecture")
}

func distinct(nodes []any, of func(any) string) string {
	var words []string
	for _, node := range nodes {
		words = append(words, of(node))
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}
