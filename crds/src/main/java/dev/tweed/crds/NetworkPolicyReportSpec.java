package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/** Empty: a report asks for nothing. */
@JsonClassDescription("Empty: a report asks for nothing.")
@JsonIgnoreProperties(ignoreUnknown = true)
public record NetworkPolicyReportSpec() {}
