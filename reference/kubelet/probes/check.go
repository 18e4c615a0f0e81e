package probes

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Outcome is the answer to one probe.
type Outcome int

// Outcomes. A Warning counts as a success and is told as an event.
const (
	Failure Outcome = iota
	Success
	Warning
)

// Target is what a probe is aimed at.
type Target struct {
	Container   *corev1.Container
	ContainerID string
	PodIP       string
}

// Checker makes single probes.
type Checker struct {
	Runtime runtimeapi.RuntimeServiceClient
}

// Check probes once. output says what was seen; it goes into an event when the probe fails.
func (c Checker) Check(ctx context.Context, probe *corev1.Probe, target Target) (outcome Outcome, output string) {
	timeout := time.Duration(max(probe.TimeoutSeconds, 1)) * time.Second
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch {
	case probe.Exec != nil:
		return c.exec(ctx, probe.Exec.Command, target, timeout)
	case probe.HTTPGet != nil:
		request, err := NewRequest(ctx, probe.HTTPGet, target, "kube-probe/1.36")
		if err != nil {
			return Failure, err.Error()
		}
		return get(request)
	case probe.TCPSocket != nil:
		return connect(ctx, probe.TCPSocket, target)
	case probe.GRPC != nil:
		return askHealth(ctx, probe.GRPC, target, timeout)
	}
	return Failure, "the probe has no handler"
}

func (c Checker) exec(ctx context.Context, command []string, target Target, timeout time.Duration) (Outcome, string) {
	// The runtime ends the command at the timeout; the call gets a moment more to hear of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout+2*time.Second)
	defer cancel()
	answer, err := c.Runtime.ExecSync(ctx, &runtimeapi.ExecSyncRequest{
		ContainerId: target.ContainerID, Cmd: command, Timeout: int64(timeout / time.Second),
	})
	if status.Code(err) == codes.DeadlineExceeded {
		return Failure, fmt.Sprintf("command timed out: %q timed out after %v", command, timeout)
	}
	if err != nil {
		return Failure, err.Error()
	}
	output := string(answer.Stdout) + string(answer.Stderr)
	if answer.ExitCode != 0 {
		return Failure, output
	}
	return Success, output
}

func connect(ctx context.Context, action *corev1.TCPSocketAction, target Target) (Outcome, string) {
	port, err := Port(action.Port, target.Container)
	if err != nil {
		return Failure, err.Error()
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(hostOr(action.Host, target), strconv.Itoa(port)))
	if err != nil {
		return Failure, err.Error()
	}
	return Success, closed(conn)
}

// closed ends a connection that served its purpose; how the close went says nothing of the container.
func closed(conn net.Conn) string {
	if err := conn.Close(); err != nil {
		return err.Error()
	}
	return ""
}

func askHealth(ctx context.Context, action *corev1.GRPCAction, target Target, timeout time.Duration) (Outcome, string) {
	address := net.JoinHostPort(target.PodIP, strconv.Itoa(int(action.Port)))
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUserAgent("kube-probe/1.36"), grpc.WithNoProxy())
	if err != nil {
		return Failure, fmt.Sprintf("error: failed to connect service at %q: %v", address, err)
	}
	defer conn.Close()
	request := &healthv1.HealthCheckRequest{}
	if action.Service != nil {
		request.Service = *action.Service
	}
	answer, err := healthv1.NewHealthClient(conn).Check(ctx, request, grpc.WaitForReady(true))
	switch {
	case status.Code(err) == codes.Unimplemented:
		return Failure, fmt.Sprintf("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s", status.Convert(err).Message())
	case status.Code(err) == codes.DeadlineExceeded:
		return Failure, fmt.Sprintf("timeout: failed to connect service %q within %v: %s", address, timeout, status.Convert(err).Message())
	case err != nil:
		return Failure, fmt.Sprintf("error: health rpc probe failed: %v", err)
	case answer.Status != healthv1.HealthCheckResponse_SERVING:
		return Failure, fmt.Sprintf("service unhealthy (responded with %q)", answer.Status)
	}
	return Success, "service healthy"
}

// Port resolves a port by number or by the name it has in the container.
func Port(port intstr.IntOrString, container *corev1.Container) (int, error) {
	number := port.IntValue()
	if port.Type == intstr.String && number == 0 {
		for _, named := range container.Ports {
			if named.Name == port.StrVal {
				return int(named.ContainerPort), nil
			}
		}
		return 0, fmt.Errorf("find port %q: the container has no port of that name", port.StrVal)
	}
	if number <= 0 || number > 65535 {
		return 0, fmt.Errorf("invalid port number: %v", port.String())
	}
	return number, nil
}

func hostOr(host string, target Target) string {
	if host != "" {
		return host
	}
	return target.PodIP
}
