package apiserver_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
	"github.com/seatrial/seatrial/reference/etcd"
)

// Two keys of 32 bytes.
const (
	keyA = "{name: a, secret: YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=}"
	keyB = "{name: b, secret: YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=}"
)

// encrypt writes an EncryptionConfiguration for Secrets and returns its path.
func encrypt(t *testing.T, providers ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "encryption.yaml")
	write(t, path, encryption("secrets", providers...))
	return path
}

func encryption(resource string, providers ...string) string {
	return "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ['" + resource +
		"']\n  providers:\n  - " + strings.Join(providers, "\n  - ") + "\n"
}

// write replaces a file at once, as an editor does.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// store is an etcd member that outlives servers.
func store(t *testing.T) *etcd.Member {
	t.Helper()
	apiservertest.HoldLog(t) // for those who start servers on it by themselves
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	return member
}

// encrypted runs a server on the member with the configuration while f runs.
func encrypted(t *testing.T, member *etcd.Member, config string, f func(kubernetes.Interface)) {
	t.Helper()
	flags := settings.New()
	flags.Storage.EncryptionProviderConfigFilepath = config
	serveWith(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags}, f)
}

// raw is what etcd has for a key below /registry.
func raw(t *testing.T, client *clientv3.Client, key string) []byte {
	t.Helper()
	got := must[*clientv3.GetResponse](t)(client.Get(t.Context(), "/registry/"+key))
	if len(got.Kvs) != 1 {
		t.Fatalf("etcd has %d values for %s", len(got.Kvs), key)
	}
	return got.Kvs[0].Value
}

func secret(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string][]byte{"word": []byte("hidden-" + name)}}
}

func TestSecretsAreEncryptedInEtcdByTheFirstProvider(t *testing.T) {
	t.Parallel()
	for prefix, providers := range map[string][]string{
		"k8s:enc:aescbc:v1:a:":    {"aescbc: {keys: [" + keyA + "]}", "identity: {}"},
		"k8s:enc:aesgcm:v1:a:":    {"aesgcm: {keys: [" + keyA + "]}"},
		"k8s:enc:secretbox:v1:b:": {"secretbox: {keys: [" + keyB + ", " + keyA + "]}"},
		"k8s\x00":                 {"identity: {}", "aescbc: {keys: [" + keyA + "]}"},
	} {
		t.Run(strings.TrimRight(prefix, "\x00"), func(t *testing.T) {
			t.Parallel()
			member := store(t)
			encrypted(t, member, encrypt(t, providers...), func(client kubernetes.Interface) {
				must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Create(t.Context(), secret("s"), metav1.CreateOptions{}))
				got := raw(t, member.Client(), "secrets/default/s")
				if !bytes.HasPrefix(got, []byte(prefix)) {
					t.Errorf("etcd has %.40q", got)
				}
				if plain := bytes.Contains(got, []byte("hidden-s")); plain != (prefix == "k8s\x00") {
					t.Errorf("readable in etcd: %v", plain)
				}
				read := must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Get(t.Context(), "s", metav1.GetOptions{}))
				if string(read.Data["word"]) != "hidden-s" {
					t.Errorf("read %v", read.Data)
				}
				other := raw(t, member.Client(), "namespaces/default")
				if !bytes.HasPrefix(other, []byte("k8s\x00")) {
					t.Errorf("namespaces are encrypted, too: %.40q", other)
				}
			})
		})
	}
}

// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	member := store(t)
	create := func(name string) func(kubernetes.Interface) {
		return func(client kubernetes.Interface) {
			must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Create(t.Context(), secret(name), metav1.CreateOptions{}))
		}
	}
	encrypted(t, member, "", create("plain"))
	encrypted(t, member, encrypt(t, "aescbc: {keys: ["+keyA+"]}", "identity: {}"), create("old"))
	encrypted(t, member, encrypt(t, "aescbc: {keys: ["+keyB+", "+keyA+"]}", "identity: {}"), func(client kubernetes.Interface) {
		all := must[*corev1.SecretList](t)(client.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{}))
		if len(all.Items) != 2 {
			t.Fatalf("%d secrets can be read", len(all.Items))
		}
		for _, s := range all.Items { // kubectl get secrets -o json | kubectl replace -f -
			must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Update(t.Context(), &s, metav1.UpdateOptions{}))
		}
		for _, name := range []string{"plain", "old"} {
			if got := raw(t, member.Client(), "secrets/default/"+name); !bytes.HasPrefix(got, []byte("k8s:enc:aescbc:v1:b:")) {
				t.Errorf("%s is not written again: %.40q", name, got)
			}
		}
	})
	encrypted(t, member, encrypt(t, "aescbc: {keys: ["+keyB+"]}"), func(client kubernetes.Interface) {
		must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Get(t.Context(), "old", metav1.GetOptions{}))
	})
}

func TestWrongKeyIsNamed(t *testing.T) {
	t.Parallel()
	member := store(t)
	encrypted(t, member, encrypt(t, "aesgcm: {keys: ["+keyA+"]}"), func(client kubernetes.Interface) {
		must[*corev1.Secret](t)(client.CoreV1().Secrets("default").Create(t.Context(), secret("s"), metav1.CreateOptions{}))
	})
	wrong := "{name: a, secret: YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=}"
	for want, config := range map[string]string{
		"message authentication failed":                     encrypt(t, "aesgcm: {keys: ["+wrong+"]}"),
		"no matching prefix found":                          encrypt(t, "aescbc: {keys: ["+keyA+"]}"),
		"identity transformer tried to read encrypted data": "",
	} {
		flags := settings.New()
		flags.Storage.EncryptionProviderConfigFilepath = config
		// Without a watch cache the server is ready in spite of values that it cannot read.
		flags.Storage.WatchCacheSizes = []string{"secrets#0"}
		serveUnready(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags}, func(client kubernetes.Interface) {
			_, err := client.CoreV1().Secrets("default").Get(t.Context(), "s", metav1.GetOptions{})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("reading says %v, not %q", err, want)
			}
		})
	}
}

func TestBrokenEncryptionConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	member := store(t)
	for want, config := range map[string]string{
		"no such file":                      filepath.Join(t.TempDir(), "absent.yaml"),
		"got 3, expected one of [16 24 32]": encrypt(t, "aesgcm: {keys: [{name: a, secret: YWFh}]}"),
		"got 3, expected one of [32]":       encrypt(t, "secretbox: {keys: [{name: a, secret: YWFh}]}"),
		"provider does not contain any":     encrypt(t, "{}"),
		`unknown field "resources[0]`:       encrypt(t, "aesgem: {keys: ["+keyA+"]}"),
		"only v1 and v2 are supported":      encrypt(t, "kms: {apiVersion: v3, name: a, endpoint: unix:///tmp/absent.sock}"),
	} {
		flags := settings.New()
		flags.Storage.EncryptionProviderConfigFilepath = config
		_, err := apiserver.New(t.Context(), apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--encryption-provider-config") {
			t.Errorf("not %q: %v", want, err)
		}
	}
}

func TestNewEncryptionConfigurationIsUsedWithoutARestart(t *testing.T) {
	before := controller.EncryptionConfigFileChangePollDuration
	controller.EncryptionConfigFileChangePollDuration = 50 * time.Millisecond
	t.Cleanup(func() { controller.EncryptionConfigFileChangePollDuration = before })
	member := store(t)
	flags := settings.New()
	path := encrypt(t, "aescbc: {keys: ["+keyA+"]}")
	flags.Storage.EncryptionProviderConfigFilepath, flags.Storage.EncryptionProviderConfigAutomaticReload = path, true
	serveWith(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags}, func(client kubernetes.Interface) {
		secrets := client.CoreV1().Secrets("default")
		must[*corev1.Secret](t)(secrets.Create(t.Context(), secret("s"), metav1.CreateOptions{}))
		write(t, path, "not a configuration") // is not used
		write(t, path, encryption("secrets", "aescbc: {keys: ["+keyB+", "+keyA+"]}"))
		err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) {
			s, err := secrets.Get(ctx, "s", metav1.GetOptions{})
			if err == nil {
				_, err = secrets.Update(ctx, s, metav1.UpdateOptions{}) // writes what is encrypted with another key, though equal
			}
			return bytes.HasPrefix(raw(t, member.Client(), "secrets/default/s"), []byte("k8s:enc:aescbc:v1:b:")), err
		})
		if err != nil {
			t.Fatalf("the new key is not used: %v", err)
		}
		if body, err := client.CoreV1().RESTClient().Get().AbsPath("/healthz/kms-providers").DoRaw(t.Context()); err != nil || string(body) != "ok" {
			t.Errorf("/healthz/kms-providers: %s, %v", body, err)
		}
	})
}

// https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#understanding-the-encryption-at-rest-configuration
func TestWildcardsEncryptCustomResources(t *testing.T) {
	t.Parallel()
	for _, wildcard := range []string{"*.example.com", "*.*", "widgets.example.com"} {
		t.Run(wildcard, func(t *testing.T) {
			t.Parallel()
			member := store(t)
			path := filepath.Join(t.TempDir(), "encryption.yaml")
			write(t, path, encryption(wildcard, "secretbox: {keys: ["+keyA+"]}", "identity: {}"))
			flags := settings.New()
			flags.Storage.EncryptionProviderConfigFilepath = path
			s := apiservertest.Run(t, apiserver.Options{Etcd: member.Client(), EtcdReady: member.Ready, Settings: flags})
			config := s.ClientConfig("admin", "system:masters")
			establish(t, config, widgets())
			client := dynamic.NewForConfigOrDie(config).Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}).Namespace("default")
			widget := &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "w"}, "spec": map[string]any{"color": "red"},
			}}
			must[*unstructured.Unstructured](t)(client.Create(t.Context(), widget, metav1.CreateOptions{}))
			if got := raw(t, member.Client(), "example.com/widgets/default/w"); !bytes.HasPrefix(got, []byte("k8s:enc:secretbox:v1:a:")) {
				t.Errorf("etcd has %.60q", got)
			}
			if all := bytes.HasPrefix(raw(t, member.Client(), "namespaces/default"), []byte("k8s:enc:")); all != (wildcard == "*.*") {
				t.Errorf("namespaces are encrypted: %v", all)
			}
		})
	}
}
