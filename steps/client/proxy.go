package client

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Proxy is a kubectl proxy that runs beside the scenario.
type Proxy struct {
	command *exec.Cmd
	files   []string
	dial    func(ctx context.Context) (net.Conn, error)
}

// Door is what a proxy listens on.
type Door string

// The doors of a proxy.
const (
	LocalPort Door = "a local port"
	Socket    Door = "a socket"
)

// Proxy starts kubectl proxy as the user and waits until it listens. Close ends it.
func (k *Kubectl) Proxy(ctx context.Context, user *User, door Door) (*Proxy, error) {
	kubeconfig, err := k.write(user, "default")
	if err != nil {
		return nil, err
	}
	p := &Proxy{files: []string{kubeconfig}}
	arguments := append(append([]string{}, k.command[1:]...), "proxy", "--port=0")
	if door == Socket {
		// The path of a socket is short.
		folder, err := os.MkdirTemp("", "proxy-*")
		if err != nil {
			p.clear()
			return nil, fmt.Errorf("start kubectl proxy: %w", err)
		}
		p.files = append(p.files, folder)
		arguments[len(arguments)-1] = "--unix-socket=" + filepath.Join(folder, "socket")
	}
	p.command = exec.CommandContext(context.WithoutCancel(ctx), k.command[0], arguments...) //nolint:gosec // the command of this program
	p.command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "KUBERC=off")
	if err := p.start(); err != nil {
		p.clear()
		return nil, fmt.Errorf("start kubectl proxy: %w", err)
	}
	return p, nil
}

// start runs the command and reads from its first line where it listens.
func (p *Proxy) start() error {
	output, err := p.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	network, address := "tcp", strings.TrimSpace(line[strings.LastIndexByte(strings.TrimSpace(line), ' ')+1:])
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	p.dial = func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, network, address) }
	if err != nil {
		p.stop()
		return fmt.Errorf("read where it listens: %q: %w", line, err)
	}
	return nil
}

// Get makes a request through the proxy, without credentials.
func (p *Proxy) Get(ctx context.Context, path string) (Answer, error) {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx) },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, http.NoBody)
	if err != nil {
		return Answer{}, fmt.Errorf("get %s: %w", path, err)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("get %s through the proxy: %w", path, err)
	}
	return read(response)
}

// Close ends the proxy and removes its files.
func (p *Proxy) Close() {
	p.stop()
	p.clear()
}

// stop ends the process and waits for its end.
func (p *Proxy) stop() {
	_ = p.command.Process.Kill() // it may have ended by itself
	_ = p.command.Wait()         // it was killed
}

func (p *Proxy) clear() {
	for _, file := range p.files {
		_ = os.RemoveAll(file) // a temporary file that cannot be removed is the system's to remove
	}
}
