package client

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/kubectl/pkg/cmd"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
)

// Kubectl runs kubectl in the process. It runs one command at a time, because kubectl keeps its warning handler and its way to end on
// an error in variables of its packages.
type Kubectl struct {
	mu  sync.Mutex
	dir string
}

// NewKubectl keeps its kubeconfig files in the directory, readable by nobody else.
func NewKubectl(dir string) *Kubectl { return &Kubectl{dir: dir} }

// exit is how a fatal error of kubectl leaves the command: as a panic with this value.
type exit struct {
	message string
	code    int
}

// Run executes kubectl with the arguments as the user, in the namespace.
func (k *Kubectl) Run(ctx context.Context, user *User, namespace string, args []string, stdin string) (Output, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kubeconfig, err := k.write(user, namespace)
	if err != nil {
		return Output{}, err
	}
	defer os.Remove(kubeconfig)
	cmdutil.BehaviorOnFatal(func(message string, code int) { panic(exit{message, code}) })
	defer cmdutil.DefaultBehaviorOnFatal()
	var stdout, stderr bytes.Buffer
	streams := genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &stdout, ErrOut: &stderr}
	flags := genericclioptions.NewConfigFlags(true).WithDiscoveryBurst(300).WithDiscoveryQPS(50)
	*flags.CacheDir = filepath.Join(k.dir, "cache")
	command := cmd.NewKubectlCommand(cmd.KubectlOptions{Arguments: append([]string{"kubectl"}, args...), ConfigFlags: flags, IOStreams: streams})
	command.SetArgs(append([]string{"--kubeconfig", kubeconfig}, args...))
	command.SetIn(streams.In)
	command.SetOut(&stdout)
	command.SetErr(&stderr)
	code := run(func() error { return command.ExecuteContext(ctx) }, &stderr)
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}, nil
}

func run(execute func() error, stderr *bytes.Buffer) (code int) {
	defer func() {
		switch fatal := recover().(type) {
		case nil:
		case exit:
			code = fatal.code
			fmt.Fprintln(stderr, strings.TrimSuffix(fatal.message, "\n"))
		default:
			panic(fatal)
		}
	}()
	if err := execute(); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}

// write makes a kubeconfig file for the user.
func (k *Kubectl) write(user *User, namespace string) (string, error) {
	file, err := os.CreateTemp(k.dir, "kubeconfig-*")
	if err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	if err := file.Close(); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	if err := clientcmd.WriteToFile(Kubeconfig(user.config, namespace), file.Name()); err != nil {
		return "", fmt.Errorf("write kubeconfig: %w", err)
	}
	return file.Name(), nil
}

// Kubeconfig makes a kubeconfig of one context with the address, the trust and the identity of the configuration.
func Kubeconfig(config *rest.Config, namespace string) clientcmdapi.Config {
	return clientcmdapi.Config{
		CurrentContext: "seatrial",
		Contexts:       map[string]*clientcmdapi.Context{"seatrial": {Cluster: "seatrial", AuthInfo: "seatrial", Namespace: namespace}},
		Clusters: map[string]*clientcmdapi.Cluster{"seatrial": {
			Server: config.Host + config.APIPath, TLSServerName: config.ServerName, InsecureSkipTLSVerify: config.Insecure,
			CertificateAuthority: config.CAFile, CertificateAuthorityData: config.CAData,
		}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{"seatrial": {
			ClientCertificate: config.CertFile, ClientCertificateData: config.CertData, ClientKey: config.KeyFile, ClientKeyData: config.KeyData,
			Token: config.BearerToken, TokenFile: config.BearerTokenFile, Username: config.Username, Password: config.Password,
			Impersonate: config.Impersonate.UserName, ImpersonateGroups: config.Impersonate.Groups,
			AuthProvider: config.AuthProvider, Exec: config.ExecProvider,
		}},
	}
}
