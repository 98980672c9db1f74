package dev.tweed.firewall.firewalld;

import dev.tweed.firewall.backend.BackendOutcome;
import dev.tweed.firewall.backend.RefusalException;
import dev.tweed.firewall.dbus.BusCall;
import dev.tweed.firewall.dbus.BusConnection;
import dev.tweed.firewall.dbus.BusException;
import dev.tweed.firewall.dbus.BusException.Answered;
import dev.tweed.firewall.dbus.BusSignal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;

/**
 * firewalld, by its own interface (firewalld.dbus(5)). It is connected to when it is first asked,
 * and again when that connection was lost; until it is closed, whatever changes in firewalld is
 * told. Used by one thread at a time. firewalld does one thing after another, so that what it
 * answers is never half done.
 */
final class Firewalld implements AutoCloseable {

  static final String NAME = "org.fedoraproject.FirewallD1";

  private static final String PATH = "/org/fedoraproject/FirewallD1";
  private static final String CONFIG = NAME + ".config";
  private static final String CONFIG_PATH = PATH + "/config";
  private static final String OWNER_CHANGED = "org.freedesktop.DBus.NameOwnerChanged";

  private static final Set<String> ABSENT =
      Set.of(
          "org.freedesktop.DBus.Error.ServiceUnknown",
          "org.freedesktop.DBus.Error.NameHasNoOwner",
          // It ended while it was asked.
          "org.freedesktop.DBus.Error.NoReply");

  private static final Set<String> UNKNOWN =
      Set.of(
          "org.freedesktop.DBus.Error.UnknownMethod",
          "org.freedesktop.DBus.Error.UnknownInterface");

  private static final List<String> PROGRAMS =
      List.of("usr/sbin/firewalld", "usr/bin/firewalld", "usr/bin/firewall-cmd");

  private final Path root;
  private final Duration limit;
  private volatile Runnable onChange = () -> {};
  private volatile String owner = "";
  private BusConnection bus;

  /**
   * @param root root directory of the host's files
   * @param limit for each call; rules by the thousand take it many seconds
   */
  Firewalld(Path root, Duration limit) {
    this.root = root;
    this.limit = limit;
  }

  /** From now on, tells here of changes; from a thread of the connection. */
  void onChange(Runnable told) {
    onChange = told;
  }

  /** What runs. */
  FirewalldConfig running() throws RefusalException {
    return asking(
        () ->
            new FirewalldConfig(
                each(
                    names(main(".policy.getPolicies", "")),
                    name -> main(".policy.getPolicySettings", "s", name)),
                each(
                    names(main(".zone.getZones", "")),
                    name -> main(".zone.getZoneSettings2", "s", name))));
  }

  /** What the files say. */
  FirewalldConfig permanent() throws RefusalException {
    return asking(
        () ->
            new FirewalldConfig(
                permanent("Policy", ".policy.getSettings"),
                permanent("Zone", ".zone.getSettings2")));
  }

  private Map<String, Settings> permanent(String kind, String settings) throws BusException {
    return each(
        names(config(CONFIG_PATH, ".get" + kind + "Names", "")),
        name -> {
          BusCall path = config(CONFIG_PATH, ".get" + kind + "ByName", "s", name);
          return config(String.valueOf(bus.call(path).getFirst()), settings, "");
        });
  }

  /** Sets the rules of a policy that runs: firewalld removes some, one by one, then adds some. */
  void setRules(String policy, List<String> rules) throws RefusalException {
    asking(
        () ->
            bus.call(
                main(
                    ".policy.setPolicySettings",
                    "sa{sv}",
                    policy,
                    Map.of("rich_rules", BusConnection.texts(rules)))));
  }

  /** Puts a device into a zone that runs, and has lost it. */
  void bind(DeviceZone zone) throws RefusalException {
    asking(() -> bus.call(main(".zone.addInterface", "ss", zone.name(), zone.device())));
  }

  /** Takes a device out of a zone that runs: it is in the default zone then. */
  void release(DeviceZone zone) throws RefusalException {
    asking(() -> bus.call(main(".zone.removeInterface", "ss", zone.name(), zone.device())));
  }

  /** Whether the files could be loaded. */
  void checkFiles() throws RefusalException {
    asking(() -> bus.call(main(".checkPermanentConfig", "")));
  }

  /**
   * Loads the files. Connections that conntrack has seen an answer to go on; all else is dropped
   * meanwhile, tunnels too: a tenth of a second, or more on a busy machine.
   */
  void reload() throws RefusalException {
    asking(() -> bus.call(main(".reload", "")));
  }

  /** Rules in iptables' words, and their chains, as fail2ban makes them, too. */
  DirectRules direct() throws RefusalException {
    return asking(
        () -> {
          try {
            return new DirectRules(
                lists(bus.call(main(".direct.getAllChains", ""))),
                lists(bus.call(main(".direct.getAllRules", ""))));
          } catch (Answered e) {
            if (UNKNOWN.contains(e.name())) {
              return DirectRules.NONE;
            }
            throw e;
          }
        });
  }

  /**
   * Puts back what a reload has undone. What firewalld does not take is left out: what was loaded
   * must not go again for it.
   */
  void putBack(List<ZoneBans.Ban> bans, DirectRules direct) throws RefusalException {
    DirectRules missing = direct.without(direct());
    asking(
        () -> {
          for (ZoneBans.Ban ban : bans) {
            offer(main(".zone.addRichRule", "ssi", ban.zone(), ban.rule(), 0));
          }
          for (List<Object> chain : missing.chains()) {
            offer(main(".direct.addChain", "sss", chain.toArray()));
          }
          for (List<Object> rule : missing.rules()) {
            offer(main(".direct.addRule", "sssias", rule.toArray()));
          }
          return List.of();
        });
  }

  private void offer(BusCall call) throws BusException {
    try {
      bus.call(call);
    } catch (Answered e) {
      // Its zone or chain has gone with the reload, or somebody was quicker.
    }
  }

  private static List<List<Object>> lists(List<Object> answer) {
    List<List<Object>> lists = new ArrayList<>();
    if (answer.getFirst() instanceof List<?> structs) {
      for (Object struct : structs) {
        if (!(struct instanceof List<?> fields)) {
          // What a reload would undo is not known then.
          throw new NoSuchElementException();
        }
        lists.add(List.copyOf(fields));
      }
    }
    return lists;
  }

  private static BusCall main(String method, String signature, Object... arguments) {
    return new BusCall(NAME, PATH, NAME + method, signature, arguments);
  }

  private static BusCall config(String path, String method, String signature, Object... arguments) {
    return new BusCall(NAME, path, CONFIG + method, signature, arguments);
  }

  private List<String> names(BusCall call) throws BusException {
    return bus.call(call).getFirst() instanceof List<?> names
        ? names.stream().map(String::valueOf).toList()
        : List.of();
  }

  /** A call. */
  private interface Question {
    BusCall of(String name) throws BusException;
  }

  /** Asks for the settings of each; those that have gone meanwhile are left out. */
  private Map<String, Settings> each(List<String> names, Question question) throws BusException {
    Map<String, Settings> settings = new TreeMap<>();
    for (String name : names) {
      try {
        settings.put(name, settings(bus.call(question.of(name))));
      } catch (Answered e) {
        if (!e.getMessage().startsWith("INVALID_")) {
          throw e;
        }
      }
    }
    return settings;
  }

  private static Settings settings(List<Object> answer) {
    Map<String, Object> values = new TreeMap<>();
    if (answer.getFirst() instanceof Map<?, ?> map) {
      map.forEach((name, value) -> values.put(String.valueOf(name), value));
    }
    return new Settings(values);
  }

  /** What is done by calls. */
  private interface Asking<T> {
    T ask() throws BusException;
  }

  private <T> T asking(Asking<T> asking) throws RefusalException {
    connect();
    try {
      return asking.ask();
    } catch (BusException e) {
      if (!(e instanceof Answered)) {
        close();
      }
      throw obstacle(e);
    } catch (NoSuchElementException e) {
      throw failed("firewalld answers with nothing, or with what is not known");
    }
  }

  private void connect() throws RefusalException {
    if (bus != null && bus.isOpen()) {
      return;
    }
    // Looked for first: where there is none, nothing has to be loaded to find that out.
    if (PROGRAMS.stream().map(root::resolve).noneMatch(Files::exists)) {
      throw new RefusalException(
          BackendOutcome.NOT_FOUND,
          "there is no /" + PROGRAMS.getFirst(),
          "install firewalld, or let the daemon see the host's files (chart value"
              + " firewall.hostTools)");
    }
    try {
      bus =
          BusConnection.open(
              root.resolve("run/dbus/system_bus_socket"), limit, this::take, () -> onChange.run());
      bus.subscribe("type='signal',sender='" + NAME + "'");
      bus.subscribe(
          "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='"
              + NAME
              + "'");
      owner = bus.owner(NAME);
    } catch (BusException e) {
      if (!(e instanceof Answered)) {
        close();
      }
      throw obstacle(e);
    }
  }

  /** Anybody on the bus may send signals to us alone. */
  private void take(BusSignal signal) {
    if (signal.method().equals(OWNER_CHANGED) && !signal.arguments().isEmpty()) {
      if (signal.arguments().getFirst().equals(NAME)) {
        owner = String.valueOf(signal.arguments().getLast());
        onChange.run();
      }
    } else if (signal.sender().equals(owner)) {
      onChange.run();
    }
  }

  private static RefusalException obstacle(BusException e) {
    return switch (e) {
      case BusException.Lost lost ->
          new RefusalException(
              "DBusUnreachable",
              "firewalld cannot be asked: " + lost.getMessage(),
              "look whether the host's D-Bus runs: systemctl status dbus; the daemon needs /run of"
                  + " the host (chart value firewall.hostTools)");
      case BusException.Late late -> failed("firewalld hangs: " + late.getMessage());
      case Answered answered when ABSENT.contains(answered.name()) ->
          new RefusalException(
              "NotRunning",
              "firewalld is not running",
              "type: systemctl start firewalld; or systemctl disable firewalld");
      case Answered answered when UNKNOWN.contains(answered.name()) ->
          new RefusalException(
              "TooOld",
              "this firewalld has no policies: " + answered.getMessage(),
              "install firewalld 0.9 or newer");
      case Answered answered -> failed("firewalld says: " + answered.getMessage());
    };
  }

  private static RefusalException failed(String message) {
    return new RefusalException(
        "CommandFailed",
        message,
        "the rules before are in force; look with: firewall-cmd --state, journalctl -u firewalld");
  }

  /** Until it is asked again, changes are not told any more. */
  @Override
  public void close() {
    if (bus != null) {
      bus.close();
      bus = null;
    }
  }
}
