package volumebinding

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// patience is how long claims may take to be bound; provisioning is slow.
const patience = 10 * time.Minute

// PreBind binds the pending claims for the node: it reserves a volume for a
// claim, or tells the provisioner where the pod will be. It returns when the
// volume controller has bound all of them.
func (p Plugin) PreBind(ctx context.Context, pod *snapshot.Pod, node *corev1.Node) error {
	if !hasClaims(pod) {
		return nil
	}
	n, refused, err := p.needs(pod)
	switch {
	case err != nil:
		return err
	case refused != "":
		return errors.New(refused)
	case len(n.pending) == 0:
		return nil
	}
	choice, err := p.candidates(n.pending)
	if err != nil {
		return err
	}
	decisions := choice.on(node)
	if decisions == nil {
		return fmt.Errorf("no volumes left for node %q", node.Name)
	}
	for _, d := range decisions {
		if err := p.carryOut(ctx, d, node.Name); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.wait(ctx, pod, node.Name)
}

func (p Plugin) carryOut(ctx context.Context, d decision, node string) error {
	if d.volume == nil {
		claim := d.claim.DeepCopy()
		if claim.Annotations[annotationSelectedNode] == node {
			return nil
		}
		metav1.SetMetaDataAnnotation(&claim.ObjectMeta, annotationSelectedNode, node)
		if _, err := p.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).Update(ctx, claim, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("select node for claim %q: %w", claim.Name, err)
		}
		return nil
	}
	volume := d.volume.DeepCopy()
	if ref := volume.Spec.ClaimRef; ref != nil && ref.UID == d.claim.UID {
		return nil
	}
	volume.Spec.ClaimRef = &corev1.ObjectReference{
		APIVersion: "v1", Kind: "PersistentVolumeClaim",
		Namespace: d.claim.Namespace, Name: d.claim.Name, UID: d.claim.UID, ResourceVersion: d.claim.ResourceVersion,
	}
	metav1.SetMetaDataAnnotation(&volume.ObjectMeta, annotationBoundByUs, "yes")
	if _, err := p.Client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("reserve volume %q for claim %q: %w", volume.Name, d.claim.Name, err)
	}
	return nil
}

// wait returns when no claim is pending. A provisioner that cannot use the
// node takes the annotation away; then another node has to be found.
func (p Plugin) wait(ctx context.Context, pod *snapshot.Pod, node string) error {
	selected := map[string]bool{} // claims whose annotation the cache has shown
	for {
		changed := p.Changed()
		n, refused, err := p.needs(pod)
		switch {
		case err != nil:
			return err
		case refused != "" && refused != reasonUnbound: // reserved volumes are not bound yet
			return errors.New(refused)
		case refused == "" && len(n.pending) == 0:
			return nil
		}
		for _, claim := range n.pending {
			if claim.Annotations[annotationSelectedNode] == node {
				selected[claim.Name] = true
			} else if selected[claim.Name] {
				return fmt.Errorf("claim %q cannot be provisioned for node %q", claim.Name, node)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for claims of pod on node %q: %w", node, ctx.Err())
		case <-changed:
		}
	}
}
