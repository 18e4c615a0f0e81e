package apiservertest

import (
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/seatrial/seatrial/reference/etcd"
)

// RemoteStore starts an etcd member for one test. connect makes a client that
// reaches it over gRPC, as --etcd-servers does, and ends with the test.
func RemoteStore(t testing.TB) (connect func() *clientv3.Client) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "etcd.sock")
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10, Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	return func() *clientv3.Client {
		t.Helper()
		client, err := clientv3.New(clientv3.Config{
			Endpoints: []string{"unix://" + socket}, DialTimeout: 20 * time.Second,
			DialOptions: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
}
