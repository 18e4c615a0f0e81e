package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubectl runs kubectl in a process of its own, since kubectl ends the process it runs in and keeps its settings in package variables.
type Kubectl struct {
	command []string
	dir     string
}

// NewKubectl runs kubectl by the command, such as {"seatrial", "kubectl"}. Its kubeconfig files and its caches, one for each
// namespace, are kept in the directory: what one scenario has read of the kinds is old for another one that makes new kinds.
func NewKubectl(command []string, dir string) *Kubectl { return &Kubectl{command: command, dir: dir} }

// Run executes kubectl with the arguments as the user, in the namespace.
func (k *Kubectl) Run(ctx context.Context, user *User, namespace string, args []string, stdin string) (Output, error) {
	kubeconfig, err := k.write(user, namespace)
	if err != nil {
		return Output{}, err
	}
	defer os.Remove(kubeconfig)
	argv := append(append([]string{}, k.command[1:]...), args...)
	command := exec.CommandContext(ctx, k.command[0], argv...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "KUBECACHEDIR="+filepath.Join(k.dir, "cache", namespace), "KUBERC=off")
	booked, err := k.record(ctx, user, command)
	if err != nil {
		return Output{}, err
	}
	defer booked()
	command.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	output := Output{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return output, context.Cause(ctx)
	case errors.As(err, &exit):
		output.Code = exit.ExitCode()
	case err != nil:
		return output, fmt.Errorf("run kubectl: %w", err)
	}
	return output, nil
}

// record makes the command book its requests, which only a kubectl of ours does. The returned function hands them to the recorder.
func (k *Kubectl) record(ctx context.Context, user *User, command *exec.Cmd) (booked func(), err error) {
	recorder := recorderOf(ctx)
	if recorder == nil {
		return func() {}, nil
	}
	file, err := os.CreateTemp(k.dir, "requests-*")
	if err != nil {
		return nil, fmt.Errorf("record kubectl: %w", err)
	}
	command.Env = append(command.Env, recordVariable+"="+file.Name())
	return func() {
		defer os.Remove(file.Name())
		defer file.Close()
		_ = recorder.takeOver(file, user.as) // a line that cannot be read is not booked
	}, nil
}

// write makes a kubeconfig file for the user, readable by nobody else.
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
