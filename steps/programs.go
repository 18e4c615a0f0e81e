package steps

import (
	"context"
	"encoding/json"
	"fmt"
)

// programSteps are about programs in the cluster that the API server calls.
func programSteps() []Step {
	return []Step{
		{
			Sentence: `a ready Service {name} of the program {command} whose authority is noted as {variable}`, Phase: Setup, do: haveProgram,
			Doc: "Makes a Pod that runs this program of agnhost with a serving certificate on port 443, and a Service of this name in front of it, " +
				"and keeps the certificate of the authority as a caBundle takes it.",
		},
	}
}

// programPort is where the program listens, and its Service.
const programPort = 443

// haveProgram makes what its sentence hides out of other sentences: the certificate in a Secret, the Pod and the Service.
func haveProgram(ctx context.Context, w *World, a Args) error {
	words, err := splitWords(a.get("command"))
	if err != nil {
		return err
	}
	namespace, name := w.locate(a.get("name"))
	certificate := map[string]string{"domain": name + "." + namespace + ".svc", "name": a.get("name")}
	if err := haveServingCertificate(ctx, w, Args{values: certificate}); err != nil {
		return err
	}
	authority := map[string]string{"field": "data['ca.crt']", "kind": "Secret", "name": a.get("name"), "variable": a.get("variable")}
	if err := noteField(ctx, w, Args{values: authority}); err != nil {
		return err
	}
	words = append(words, "--tls-cert-file=/tls/tls.crt", "--tls-private-key-file=/tls/tls.key")
	objects := []struct {
		kind string
		spec map[string]any
	}{
		{"Pod", map[string]any{
			"containers": []any{map[string]any{
				"args":           words,
				"readinessProbe": map[string]any{"tcpSocket": map[string]any{"port": programPort}, "periodSeconds": 1},
				"volumeMounts":   []any{map[string]any{"name": "tls", "mountPath": "/tls"}},
			}},
			"volumes": []any{map[string]any{"name": "tls", "secret": map[string]any{"secretName": name}}},
		}},
		{"Service", map[string]any{"selector": map[string]any{"program": name}, "ports": []any{map[string]any{"port": programPort}}}},
	}
	for _, object := range objects {
		text, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]any{"program": name}}, "spec": object.spec})
		if err != nil {
			return broken("make %s %q: %w", object.kind, name, err)
		}
		values := map[string]string{"kind": object.kind, "name": a.get("name")}
		if err := haveReadyObject(ctx, w, Args{values: values, text: string(text), has: true}); err != nil {
			return fmt.Errorf("make the Service %q of the program %q: %w", name, a.get("command"), err)
		}
	}
	return nil
}
