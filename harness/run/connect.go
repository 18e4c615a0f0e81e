package run

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// reach bounds the first requests to a cluster.
const reach = 15 * time.Second

// Unreachable tells that the cluster did not answer at the start, or that there is no way to address it.
type Unreachable struct{ Cause error }

func (e *Unreachable) Error() string { return "reach the cluster: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *Unreachable) Unwrap() error { return e.Cause }

// Connect reads a kubeconfig file. The empty path means $KUBECONFIG or ~/.kube/config; the empty context the current one.
func Connect(path, kubeContext string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = path
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: kubeContext})
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, &Unreachable{fmt.Errorf("read kubeconfig %q: %w", path, err)}
	}
	return config, nil
}

// InCluster is how a pod reaches the cluster that it runs in, as its ServiceAccount.
func InCluster() (*rest.Config, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, &Unreachable{fmt.Errorf("as a pod: %w (elsewhere, say --kubeconfig)", err)}
	}
	return config, nil
}

// survey asks what the cluster is. It fills in that part of the journal's first record.
func survey(ctx context.Context, cluster *client.Cluster) (journal.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, reach)
	defer cancel()
	now := journal.Run{Cluster: cluster.Host()}
	answer, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/version"})
	if err == nil && answer.Refused() {
		err = fmt.Errorf("GET /version is %s", answer)
	}
	if err != nil {
		return now, &Unreachable{fmt.Errorf("%s: %w", cluster.Host(), err)}
	}
	gitVersion, _ := partial.Field(answer.Object, "gitVersion")
	now.Version = partial.Text(gitVersion)
	answer, err = cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/kube-system"})
	if err != nil {
		return now, &Unreachable{fmt.Errorf("%s: %w", cluster.Host(), err)}
	}
	if uid, err := partial.Field(answer.Object, "metadata.uid"); err == nil && !answer.Refused() {
		now.ClusterUID = partial.Text(uid)
	}
	return now, nil
}
