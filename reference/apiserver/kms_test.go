package apiserver_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	kms "k8s.io/kms/apis/v2"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// keyService is a key management service with one key: a plugin of KMS v2 on a unix socket.
// https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/#developing-a-kms-plugin-gRPC-server-notes-kms-v2
type keyService struct {
	kms.UnsafeKeyManagementServiceServer
	aead cipher.AEAD

	mu     sync.Mutex
	health string
}

// startKeyService serves until the test ends and returns the endpoint.
func startKeyService(t *testing.T, s *keyService) string {
	t.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if s.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "kms.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	kms.RegisterKeyManagementServiceServer(server, s)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "unix://" + socket
}

func (s *keyService) be(health string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.health = health
}

func (s *keyService) Status(context.Context, *kms.StatusRequest) (*kms.StatusResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &kms.StatusResponse{Version: "v2", Healthz: s.health, KeyId: "key-1"}, nil
}

func (s *keyService) Encrypt(_ context.Context, r *kms.EncryptRequest) (*kms.EncryptResponse, error) {
	return &kms.EncryptResponse{Ciphertext: s.aead.Seal(nil, nil, r.Plaintext, nil), KeyId: "key-1"}, nil
}

func (s *keyService) Decrypt(_ context.Context, r *kms.DecryptRequest) (*kms.DecryptResponse, error) {
	if r.KeyId != "key-1" {
		return nil, errors.New("unknown key")
	}
	plain, err := s.aead.Open(nil, nil, r.Ciphertext, nil)
	return &kms.DecryptResponse{Plaintext: plain}, err
}

func TestKeyManagementServiceEncryptsSecretsAndItsHealthIsChecked(t *testing.T) {
	t.Parallel()
	service := &keyService{health: "sealed"}
	endpoint := startKeyService(t, service)
	flags := settings.New()
	flags.Storage.EncryptionProviderConfigFilepath = encrypt(t, "kms: {apiVersion: v2, name: vault, endpoint: '"+endpoint+"', timeout: 3s}")
	member := store(t)
	run(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags}, func(s *apiserver.Server) {
		client := kubernetes.NewForConfigOrDie(s.ClientConfig("admin", "system:masters"))
		ask := func(path string) (string, error) {
			body, err := client.CoreV1().RESTClient().Get().AbsPath(path).DoRaw(t.Context())
			return string(body), err
		}
		if body, err := ask("/readyz/kms-providers"); err == nil || !strings.Contains(body, "sealed") {
			t.Errorf("/readyz/kms-providers of a sealed service: %s, %v", body, err)
		}
		if body, err := ask("/livez/kms-providers"); !apierrors.IsNotFound(err) {
			t.Errorf("/livez has a check that no restart can heal: %s, %v", body, err)
		}
		service.be("ok")
		if err := s.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Create(t.Context(), secret("s"), metav1.CreateOptions{}))
		if got := raw(t, member.Client(), "secrets/default/s"); !bytes.HasPrefix(got, []byte("k8s:enc:kms:v2:vault:")) || bytes.Contains(got, []byte("hidden")) {
			t.Errorf("etcd has %.60q", got)
		}
	})
	// The seed is remembered for as long as the process lives; this one has to ask the service.
	encrypted(t, member, flags.Storage.EncryptionProviderConfigFilepath, func(client kubernetes.Interface) {
		read := must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Get(t.Context(), "s", metav1.GetOptions{}))
		if string(read.Data["word"]) != "hidden-s" {
			t.Errorf("read %v", read.Data)
		}
	})
}
