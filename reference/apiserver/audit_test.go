package apiserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

func TestAuditLogNamesWhoDidWhat(t *testing.T) {
	dir := t.TempDir()
	policy, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.log")
	rules := "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n  resources: [{group: \"\", resources: [configmaps]}]\n  namespaces: [default]\n"
	if err := os.WriteFile(policy, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := settings.New()
	flags.Audit.PolicyFile, flags.Audit.LogOptions.Path = policy, log
	s := apiservertest.Run(t, apiserver.Options{Settings: flags})
	client := kubernetes.NewForConfigOrDie(s.ClientConfig("jane", "system:masters"))
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	must[*corev1.ConfigMap](t)(client.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{}))
	written, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(written)), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], `"username":"jane"`) || !strings.Contains(lines[0], `"verb":"create"`) {
		t.Errorf("audit log is %s", written)
	}
}
