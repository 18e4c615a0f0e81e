package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ContextName is the kubeconfig context, cluster and user of a cluster.
func ContextName(name string) string { return "seatrial-" + name }

// MergeKubeconfig adds the cluster to the user's kubeconfig and makes it the
// current context. An empty file means $KUBECONFIG or ~/.kube/config, where
// entries are changed in the file that has them, as kubectl does. It returns
// the file's name for messages.
func MergeKubeconfig(name string, kubeconfig []byte, file string) (string, error) {
	added, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return "", fmt.Errorf("read kubeconfig of cluster %q: %w", name, err)
	}
	source, ok := added.Contexts[added.CurrentContext]
	if !ok {
		return "", fmt.Errorf("read kubeconfig of cluster %q: it has no current context", name)
	}
	return modify(file, func(config *clientcmdapi.Config) {
		id := ContextName(name)
		cluster, user := added.Clusters[source.Cluster].DeepCopy(), added.AuthInfos[source.AuthInfo].DeepCopy()
		entry := &clientcmdapi.Context{Cluster: id, AuthInfo: id}
		cluster.LocationOfOrigin, user.LocationOfOrigin = "", ""
		if old := config.Contexts[id]; old != nil { // changed in its file
			entry.LocationOfOrigin = old.LocationOfOrigin
			cluster.LocationOfOrigin, user.LocationOfOrigin = old.LocationOfOrigin, old.LocationOfOrigin
		}
		config.Clusters[id], config.AuthInfos[id], config.Contexts[id] = cluster, user, entry
		config.CurrentContext = id
	})
}

// RemoveKubeconfig takes the cluster out of the user's kubeconfig. A missing
// file or entry is no error.
func RemoveKubeconfig(name, file string) error {
	_, err := modify(file, func(config *clientcmdapi.Config) {
		id := ContextName(name)
		delete(config.Clusters, id)
		delete(config.AuthInfos, id)
		delete(config.Contexts, id)
		if config.CurrentContext == id {
			config.CurrentContext = ""
		}
	})
	return err
}

func modify(file string, change func(*clientcmdapi.Config)) (string, error) {
	options := clientcmd.NewDefaultPathOptions()
	options.LoadingRules.ExplicitPath = file
	config, err := options.GetStartingConfig()
	if err != nil {
		return "", fmt.Errorf("read kubeconfig: %w", err)
	}
	change(config)
	target := options.GetDefaultFilename()
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	if err := clientcmd.ModifyConfig(options, *config, true); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	return target, nil
}
