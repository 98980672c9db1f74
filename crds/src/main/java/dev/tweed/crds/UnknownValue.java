package dev.tweed.crds;

/**
 * A value of an object that this version does not know: the CRD is of a newer one.
 *
 * @param field as people write it: {@code spec.pools[0].cidr}; empty for the object as a whole
 * @param value as it is in the object, or what is wrong with it
 */
public record UnknownValue(String field, String value) {}
