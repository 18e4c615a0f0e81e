package bootstrap

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
)

// kubernetesName is the name of the Service, its endpoints and the service CIDR.
const kubernetesName = "kubernetes"

// FirstAddress is the cluster IP of the Service default/kubernetes.
func FirstAddress(cidr netip.Prefix) netip.Addr { return cidr.Masked().Addr().Next() }

// WriteKubernetesService keeps the Service default/kubernetes and, with Members,
// points it at the servers that are there.
func WriteKubernetesService(ctx context.Context, client kubernetes.Interface, o Options) error {
	services := client.CoreV1().Services(metav1.NamespaceDefault)
	_, err := services.Get(ctx, kubernetesName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = services.Create(ctx, kubernetesService(o), metav1.CreateOptions{})
		err = unlessThere(err)
	}
	if err != nil {
		return err
	}
	if o.Members == nil {
		return nil
	}
	return WriteEndpoints(ctx, client, o)
}

func kubernetesService(o Options) *corev1.Service {
	ip := FirstAddress(o.ServiceCIDR).String()
	kind := corev1.ServiceTypeClusterIP
	if o.NodePort > 0 {
		kind = corev1.ServiceTypeNodePort
	}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:   kubernetesName,
			Labels: map[string]string{"component": "apiserver", "provider": "kubernetes"},
		},
		Spec: corev1.ServiceSpec{
			Type:            kind,
			ClusterIP:       ip,
			ClusterIPs:      []string{ip},
			SessionAffinity: corev1.ServiceAffinityNone,
			Ports: []corev1.ServicePort{{
				Name: "https", Port: 443, Protocol: corev1.ProtocolTCP, NodePort: o.NodePort,
				TargetPort: intstr.FromInt32(int32(o.AdvertiseAddress.Port())),
			}},
		},
	}
}
