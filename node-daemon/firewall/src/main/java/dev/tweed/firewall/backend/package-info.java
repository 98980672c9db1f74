/** Where rows go: the one seam between what is wanted and the sorts of firewall hosts have. */
package dev.tweed.firewall.backend;
