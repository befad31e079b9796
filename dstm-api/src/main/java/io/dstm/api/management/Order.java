package io.dstm.api.management;

import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Something that changes the node, as somebody orders it. The list is complete: there is no other way to change it by hand. */
public sealed interface Order {

    /** The least role that may give it. What writes to {@code etc} or takes in foreign data is for admins. */
    Role needed();

    /** What it is called at every door, such as {@code config-rollback}. */
    String name();

    /** What it is about, by name. */
    Map<String, String> arguments();

    /** Ends a client's lease as if the client had given it back. */
    record Release(ClientId client) implements Order {

        @Override
        public Role needed() {
            return Role.OPERATOR;
        }

        @Override
        public String name() {
            return "release";
        }

        @Override
        public Map<String, String> arguments() {
            return Map.of("client", client.toString());
        }
    }

    /** Takes a client's lease back and calls the client, so that it learns at once. */
    record Revoke(ClientId client) implements Order {

        @Override
        public Role needed() {
            return Role.OPERATOR;
        }

        @Override
        public String name() {
            return "revoke";
        }

        @Override
        public Map<String, String> arguments() {
            return Map.of("client", client.toString());
        }
    }

    /** Has a client ask without waiting for its own time. */
    record Call(ClientId client, ClientCaller.Purpose purpose) implements Order {

        @Override
        public Role needed() {
            return Role.OPERATOR;
        }

        @Override
        public String name() {
            return "call";
        }

        @Override
        public Map<String, String> arguments() {
            return ordered(
                    "client", client.toString(), "purpose", purpose.name().toLowerCase(Locale.ROOT));
        }
    }

    /**
     * Keeps an address for one client, or no longer: a line of the pool's file.
     *
     * @param pool the pool
     * @param address the address, or address and PSID such as {@code 192.0.2.17#5}
     * @param client the client as reservations name it, such as {@code duid:0003…}; empty ends the reservation
     */
    record Reserve(String pool, String address, String client) implements Order {

        @Override
        public Role needed() {
            return Role.ADMIN;
        }

        @Override
        public String name() {
            return "reserve";
        }

        @Override
        public Map<String, String> arguments() {
            return ordered("pool", pool, "address", address, "client", client);
        }
    }

    /** Stops a pool from lending and prolonging, or lets it again: a line of the pool's file. */
    record Drain(String pool, boolean on) implements Order {

        @Override
        public Role needed() {
            return Role.ADMIN;
        }

        @Override
        public String name() {
            return "drain";
        }

        @Override
        public Map<String, String> arguments() {
            return ordered("pool", pool, "on", Boolean.toString(on));
        }
    }

    /** Has the table of a TEP compared with the leases. */
    record Resync(String tep) implements Order {

        @Override
        public Role needed() {
            return Role.OPERATOR;
        }

        @Override
        public String name() {
            return "resync";
        }

        @Override
        public Map<String, String> arguments() {
            return Map.of("tep", tep);
        }
    }

    /** Has every configuration file read again. */
    record Reload() implements Order {

        @Override
        public Role needed() {
            return Role.ADMIN;
        }

        @Override
        public String name() {
            return "reload";
        }

        @Override
        public Map<String, String> arguments() {
            return Map.of();
        }
    }

    /**
     * Makes the configuration files what they were.
     *
     * @param number of the kept configuration
     * @param evenIfRefused whether to do it though a check says that it would be refused
     */
    record RollBack(int number, boolean evenIfRefused) implements Order {

        @Override
        public Role needed() {
            return Role.ADMIN;
        }

        @Override
        public String name() {
            return "config-rollback";
        }

        @Override
        public Map<String, String> arguments() {
            return ordered("number", Integer.toString(number), "force", Boolean.toString(evenIfRefused));
        }
    }

    /** Writes every lease to a new file of this machine. */
    record Export(Path file) implements Order {

        @Override
        public Role needed() {
            return Role.OPERATOR;
        }

        @Override
        public String name() {
            return "export";
        }

        @Override
        public Map<String, String> arguments() {
            return Map.of("file", file.toString());
        }
    }

    /** Takes leases over from a file of this machine. */
    record Import(Path file, boolean trial) implements Order {

        @Override
        public Role needed() {
            return Role.ADMIN;
        }

        @Override
        public String name() {
            return "import";
        }

        @Override
        public Map<String, String> arguments() {
            return ordered("file", file.toString(), "trial", Boolean.toString(trial));
        }
    }

    /**
     * The order that a name and arguments spell, as doors of text have them. Files of the machine are for the shell and JMX alone:
     * {@code export} and {@code import} are not spelt here.
     *
     * @throws IllegalArgumentException with the reason
     */
    static Order parse(String name, Map<String, String> arguments) {
        return switch (name) {
            case "release" -> new Release(client(arguments));
            case "revoke" -> new Revoke(client(arguments));
            case "call" -> new Call(client(arguments), purpose(arguments.getOrDefault("purpose", "renew")));
            case "reserve" ->
                new Reserve(
                        required(arguments, "pool"),
                        required(arguments, "address"),
                        arguments.getOrDefault("client", "").trim());
            case "drain" -> new Drain(required(arguments, "pool"), flag(arguments, "on", true));
            case "resync" -> new Resync(required(arguments, "tep"));
            case "reload" -> new Reload();
            case "config-rollback" ->
                new RollBack(number(required(arguments, "number")), flag(arguments, "force", false));
            default ->
                throw new IllegalArgumentException("'" + name
                        + "' is none of release, revoke, call, reserve, drain, resync, reload and config-rollback");
        };
    }

    private static ClientId client(Map<String, String> arguments) {
        return ClientId.parse(required(arguments, "client"));
    }

    /** Reads {@code renew}, {@code rebind} or {@code inform}. */
    private static ClientCaller.Purpose purpose(String text) {
        try {
            return ClientCaller.Purpose.valueOf(text.trim().toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("the purpose '" + text + "' is none of renew, rebind and inform", wrong);
        }
    }

    private static String required(Map<String, String> arguments, String name) {
        String value = arguments.getOrDefault(name, "").trim();
        if (value.isEmpty()) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    private static boolean flag(Map<String, String> arguments, String name, boolean absent) {
        return switch (arguments.getOrDefault(name, Boolean.toString(absent))) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("'" + name + "' is neither true nor false");
        };
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("'" + text + "' is not a whole number", wrong);
        }
    }

    private static Map<String, String> ordered(String... namesAndValues) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}
