package steps_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/standin"
)

// hookReady is what a controller makes of the Service of the program.
const hookReady = "a ServiceAccount \"default\"\n\nan EndpointSlice \"hook-1\":\n" +
	"metadata: {labels: {kubernetes.io/service-name: hook}}\nendpoints: [{conditions: {ready: true}}]\n\n"

func TestAProgramRunsBehindItsServiceWithACertificateOfItsName(t *testing.T) {
	server := standin.Start(t)
	made := map[string]map[string]any{}
	server.Created = func(resource string, object map[string]any) {
		if resource == "pods" {
			object["status"] = map[string]any{"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}
		}
		made[resource] = object
	}
	world, err := play(t, server, hookReady+`a ready Service "hook" of the program "netexec --http-port=443 'two words'" whose authority is noted as "ca"`)
	if err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		"pods spec.containers[0].args":                          `["netexec","--http-port=443","two words","--tls-cert-file=/tls/tls.crt","--tls-private-key-file=/tls/tls.key"]`,
		"pods spec.containers[0].volumeMounts[0].mountPath":     "/tls",
		"pods spec.volumes[0].secret.secretName":                "hook",
		"pods metadata.labels.program":                          "hook",
		"services spec.selector.program":                        "hook",
		"services spec.ports[0].port":                           "443",
		"secrets metadata.name":                                 "hook",
		"pods spec.containers[0].readinessProbe.tcpSocket.port": "443",
	} {
		resource, path, _ := strings.Cut(place, " ")
		got, err := partial.Field(made[resource], path)
		if err != nil || partial.Text(got) != want {
			t.Errorf("%s is %q, %v, want %q", place, partial.Text(got), err, want)
		}
	}
	authority, err := partial.Field(made["secrets"], "data['ca.crt']")
	if err != nil || authority == "" || world.Variables()["ca"] != authority {
		t.Errorf("the authority is noted as %q, the Secret has %q, %v", world.Variables()["ca"], authority, err)
	}
}

func TestAProgramThatEndsIsToldOf(t *testing.T) {
	server := standin.Start(t)
	server.Created = func(resource string, object map[string]any) {
		if resource == "pods" {
			object["status"] = map[string]any{"phase": "Failed"}
		}
	}
	_, err := play(t, server, hookReady+`a ready Service "hook" of the program "nothing" whose authority is noted as "ca"`)
	if err == nil || !strings.Contains(err.Error(), `make the Service "hook" of the program "nothing"`) || !strings.Contains(err.Error(), "the pod has ended") {
		t.Errorf("got %v", err)
	}
	_, err = play(t, standin.Start(t), `a ready Service "hook" of the program "it's" whose authority is noted as "ca"`)
	if _, ok := errors.AsType[*steps.Broken](err); !ok {
		t.Errorf("a quote that does not end: got %v", err)
	}
}
