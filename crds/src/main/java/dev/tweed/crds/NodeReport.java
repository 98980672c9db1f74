package dev.tweed.crds;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * What one node found and did; named after the node. The operator creates it (owner: the Node), the
 * daemon of that node writes its status, and only the operator and people read it.
 */
@Group(TweedApi.GROUP)
@Version(TweedApi.VERSION)
@Kind("NodeReport")
@Singular("nodereport")
@Plural("nodereports")
@ShortNames("nrep")
public class NodeReport extends CustomResource<NodeReportSpec, NodeReportStatus> {}
