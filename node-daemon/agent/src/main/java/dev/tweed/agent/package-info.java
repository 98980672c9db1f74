/**
 * The node daemon's process: watches, sync loop, CNI configuration, status and command line. All
 * decisions are in pure classes ({@code SnapshotMapper}, {@code ConflistRenderer}, {@code
 * StatusMapper}, {@code SyncSchedule}); the rest moves bytes.
 */
package dev.tweed.agent;
