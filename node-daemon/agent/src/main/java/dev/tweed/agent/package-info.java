/**
 * The node daemon's process: watches, sync loop, CNI configuration, status and command line.
 *
 * <p>Each package is one arrow of {@code docs/architecture.md}, from what is known to what is done:
 *
 * <table>
 * <caption>Packages: what decides (pure), and what moves bytes</caption>
 * <tr><td>{@code api}</td><td>the API server: {@code ListWatch} by {@code ApiChannel}</td></tr>
 * <tr><td>{@code cluster}</td><td>{@code SnapshotMapper}, of what {@code ApiConnection} keeps and {@code RememberedWatch} remembers</td></tr>
 * <tr><td>{@code daemon}</td><td>{@code NodeSync}: one run of the data path; {@code NodeDaemon} puts everything together</td></tr>
 * <tr><td>{@code cni}</td><td>{@code ConflistRenderer}; {@code CniConfigWriter}</td></tr>
 * <tr><td>{@code policy}</td><td>{@code PolicyPlanner}, {@code PolicyReading}; {@code PolicySync}</td></tr>
 * <tr><td>{@code firewall}</td><td>{@code PolicyMapper}; {@code FirewallSync}</td></tr>
 * <tr><td>{@code fastpath}</td><td>{@code NodeViewMapper}; {@code FastPathSync}</td></tr>
 * <tr><td>{@code probe}</td><td>{@code ProbeScheduler}; {@code Prober} by {@code UdpProbeTransport}</td></tr>
 * <tr><td>{@code trace}</td><td>{@code TracePlanner}, {@code TraceTableRenderer}; {@code PathTracer}</td></tr>
 * <tr><td>{@code status}</td><td>{@code ReachabilityPlanner}, {@code StatusMapper}; {@code StatusPublisher}, {@code HealthServer}</td></tr>
 * <tr><td>{@code loop}</td><td>{@code SyncSchedule}; {@code SyncLoop}</td></tr>
 * <tr><td>{@code memory}, {@code file}, {@code finding}</td><td>what is kept on disk, and what is told</td></tr>
 * <tr><td>{@code command}</td><td>the command line</td></tr>
 * </table>
 */
package dev.tweed.agent;
