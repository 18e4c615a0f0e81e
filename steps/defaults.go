package steps

// graceSeconds is the grace period of the Pods of scenarios that say nothing about it, so that clean-up is quick.
const graceSeconds = 1

// addDefaults fills in what the YAML of a sentence leaves out.
func (w *World) addDefaults(kind string, object map[string]any) {
	name := nameOf(object)
	switch kind {
	case "Pod":
		w.podDefaults(child(object, "spec"))
	case "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet":
		spec := child(object, "spec")
		if _, ok := spec["selector"]; !ok {
			spec["selector"] = map[string]any{"matchLabels": map[string]any{"app": name}}
			fill(child(spec, "template", "metadata", "labels"), "app", name)
		}
		w.podDefaults(child(spec, "template", "spec"))
	case "ReplicationController":
		if template := child(object, "spec", "template"); template["metadata"] == nil {
			child(template, "metadata", "labels")["app"] = name
		}
		w.podDefaults(child(object, "spec", "template", "spec"))
	case "Job":
		w.jobDefaults(child(object, "spec", "template", "spec"))
	case "CronJob":
		w.jobDefaults(child(object, "spec", "jobTemplate", "spec", "template", "spec"))
	}
}

// jobDefaults fills in that a container which has ended stays so.
func (w *World) jobDefaults(spec map[string]any) {
	fill(spec, "restartPolicy", "Never")
	w.podDefaults(spec)
}

func (w *World) podDefaults(spec map[string]any) {
	fill(spec, "containers", []any{map[string]any{}})
	fill(spec, "terminationGracePeriodSeconds", graceSeconds)
	for _, list := range []string{"containers", "initContainers"} {
		containers, _ := spec[list].([]any)
		for _, c := range containers {
			if container, ok := c.(map[string]any); ok {
				fill(container, "name", "main")
				fill(container, "image", w.Cluster.Images.Agnhost)
			}
		}
	}
	if len(w.nodes) > 0 && spec["nodeName"] == nil {
		child(spec, "nodeSelector")[simulatedKey] = w.Namespace
		tolerations, _ := spec["tolerations"].([]any)
		spec["tolerations"] = append(tolerations, map[string]any{"key": simulatedKey, "operator": "Exists"})
	}
}
