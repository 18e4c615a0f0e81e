package staticpods

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api/defaults"
	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// Annotations of static pods and of the API objects that stand for them.
const (
	hashAnnotation = "kubernetes.io/config.hash"
	sourceFile     = "file"
)

// ReadDir reads the manifests of a directory. A file that cannot be read is left out and named in errs;
// the pods of the others still count.
func ReadDir(dir, nodeName string) (pods map[types.UID]*corev1.Pod, errs []error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, []error{fmt.Errorf("list manifests: %w", err)}
	}
	pods = map[types.UID]*corev1.Pod{}
	for _, entry := range entries {
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(entry.Name())) {
			continue
		}
		pod, err := readManifest(filepath.Join(dir, entry.Name()), nodeName)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		pods[pod.UID] = pod
	}
	return pods, errs
}

func readManifest(path, nodeName string) (*corev1.Pod, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	pod := &corev1.Pod{}
	if err := yaml.UnmarshalStrict(data, pod); err != nil {
		return nil, fmt.Errorf("read manifest %q: %w", path, err)
	}
	if pod.Kind != "Pod" || pod.APIVersion != "v1" {
		return nil, fmt.Errorf("read manifest %q: it is %s %s, not v1 Pod", path, pod.APIVersion, pod.Kind)
	}
	if problems := validation.IsDNS1123Subdomain(pod.Name); len(problems) > 0 || len(pod.Spec.Containers) == 0 {
		return nil, fmt.Errorf("read manifest %q: a pod needs a name and a container %v", path, problems)
	}
	complete(pod, data, nodeName)
	return pod, nil
}

// complete makes the pod one of this node. Its UID follows from what is in the file: a changed file is another pod.
func complete(pod *corev1.Pod, data []byte, nodeName string) {
	sum := sha256.New()
	sum.Write([]byte(nodeName))
	sum.Write(data)
	hash := hex.EncodeToString(sum.Sum(nil))[:32]
	if pod.UID == "" {
		pod.UID = types.UID(hash)
	}
	pod.Name += "-" + nodeName
	if pod.Namespace == "" {
		pod.Namespace = corev1.NamespaceDefault
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[cri.SourceAnnotation] = sourceFile
	pod.Annotations[hashAnnotation] = hash
	pod.Spec.NodeName = nodeName
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute})
	defaults.Pod(pod)
	pod.Status.Phase = corev1.PodPending
}
