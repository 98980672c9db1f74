/** What nodes say of the way to each other, joined. Pure. */
package dev.tweed.operator.reach;
