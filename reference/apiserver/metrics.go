package apiserver

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/storage/etcd3/metrics"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	_ "k8s.io/component-base/metrics/prometheus/restclient" // rest_client_*
	_ "k8s.io/component-base/metrics/prometheus/version"    // kubernetes_build_info
)

// publishMetrics adds what the library measures only on demand. Metrics are of
// the process: of several servers in one, the last one's store is measured.
func publishMetrics(client *clientv3.Client) {
	utilfeature.DefaultMutableFeatureGate.AddMetrics()
	metrics.SetStorageMonitorGetter(func() ([]metrics.Monitor, error) {
		return []metrics.Monitor{storeSize{client}}, nil
	})
}

// storeSize measures the store for apiserver_storage_size_bytes.
type storeSize struct{ client *clientv3.Client }

// Monitor implements metrics.Monitor.
func (s storeSize) Monitor(ctx context.Context) (metrics.StorageMetrics, error) {
	var endpoint string // an in-process client has none
	if all := s.client.Endpoints(); len(all) > 0 {
		endpoint = all[0]
	}
	status, err := s.client.Status(ctx, endpoint)
	if err != nil {
		return metrics.StorageMetrics{}, err
	}
	return metrics.StorageMetrics{Size: status.DbSize}, nil
}

// Close implements metrics.Monitor; the client is the server's.
func (storeSize) Close() error { return nil }
