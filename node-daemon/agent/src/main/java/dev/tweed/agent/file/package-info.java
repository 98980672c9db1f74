/** What is told of files of the host that cannot be written, and of directories that are gone. */
package dev.tweed.agent.file;
