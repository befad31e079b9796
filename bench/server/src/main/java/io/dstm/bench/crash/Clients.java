package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.common.Addresses;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Many clients behind one relay. They ask at random, send again what is not answered, and note what they were promised: a lease in
 * a Reply until its time is up, or until they send it back.
 */
final class Clients implements AutoCloseable {

    private static final Ipv6Address LOOPBACK = Ipv6Address.parse("::1");
    private static final int AT_ONCE = 64;
    private static final long FIRST_WAIT_NANOS = 300_000_000;
    private static final int LONGEST_ANSWER = 9000;

    /**
     * What a client was promised.
     *
     * @param until earliest moment at which it may end
     * @param sources the client's ends of the tunnel that are right: one more while a move is under way
     */
    record Claim(int client, LeaseKey key, Instant until, Set<Ipv6Address> sources) {}

    /** What a client gave back and was told so. */
    record Return(int client, LeaseKey key, Instant sent, Set<Ipv6Address> sources) {}

    private static final class Client {
        private final int number;
        private final Octets duid;
        private int place;
        private @Nullable Claim claim;
        private @Nullable Claim giving;
        private Message.@Nullable Direct pending;
        private boolean repeated;

        /** Whether it has given back what it had and was told so, and has asked for nothing since. */
        private boolean content;

        private Instant sent = Instant.EPOCH;
        private long againNanos;
        private long waitNanos;

        private Client(int number) {
            this.number = number;
            this.duid = Octets.parse("00030001" + String.format("%012x", number + 1));
        }
    }

    private final Tally tally;
    private final Random random;
    private final MessageCodec codec = new MessageCodec(DstmCodes.DEFAULT);
    private final DatagramChannel socket;
    private final Selector selector;
    private final List<Client> clients = new ArrayList<>();
    private final Map<Integer, Client> waiting = new HashMap<>();
    private final Map<LeaseKey, Return> returned = new HashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(LONGEST_ANSWER);
    private int transaction;
    private InetSocketAddress server = new InetSocketAddress(0);

    Clients(Tally tally, Random random) throws IOException {
        this.tally = tally;
        this.random = random;
        socket = DatagramChannel.open();
        socket.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 20);
        socket.bind(Addresses.socket(LOOPBACK, 0, 0));
        socket.configureBlocking(false);
        selector = Selector.open();
        socket.register(selector, SelectionKey.OP_READ);
        for (int i = 0; i < Layout.RANGES * Layout.CLIENTS; i++) {
            clients.add(new Client(i));
        }
    }

    /** There is a server, which knows nothing of what its predecessor was asked. */
    void turnTo(int port) throws IOException {
        server = Addresses.socket(LOOPBACK, 0, port);
        waiting.clear();
        clients.forEach(client -> client.pending = null);
    }

    /** Asks for as long as {@code nanos}. */
    void run(long nanos) throws IOException {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            while (waiting.size() < AT_ONCE) {
                begin(clients.get(random.nextInt(clients.size())));
            }
            selector.select(1);
            selector.selectedKeys().clear();
            drain();
            sendAgain();
        }
    }

    /** Takes what has arrived. */
    void drain() throws IOException {
        while (true) {
            buffer.clear();
            if (socket.receive(buffer) == null) {
                return;
            }
            byte[] octets = new byte[buffer.flip().remaining()];
            buffer.get(octets);
            if (codec.decode(octets) instanceof Decoded.Good good) {
                Optional<Message> carried =
                        good.message().options().first(Option.RelayMsg.class).map(Option.RelayMsg::message);
                if (carried.isPresent() && carried.get() instanceof Message.Direct answer) {
                    take(answer);
                }
            }
        }
    }

    private void sendAgain() throws IOException {
        long now = System.nanoTime();
        for (Client client : waiting.values()) {
            if (now - client.againNanos >= 0) {
                client.waitNanos *= 2;
                client.repeated = true;
                send(client);
            }
        }
    }

    private void begin(Client client) throws IOException {
        if (client.pending != null) {
            return;
        }
        Claim claim = client.claim;
        if (claim != null && !claim.until().isAfter(Instant.now())) {
            claim = null;
            client.claim = null;
        }
        if (claim == null) {
            Option[] rapid = random.nextBoolean() ? new Option[] {new Option.RapidCommit()} : new Option[0];
            ask(client, MessageType.SOLICIT, Options.of(Crowd.ANY_PORTS), rapid);
            return;
        }
        int dice = random.nextInt(100);
        if (dice < 32) {
            client.giving = claim;
            client.claim = null;
        }
        if (dice < 30) {
            ask(client, MessageType.RELEASE, Crowd.describe(claim.key()), serverId());
        } else if (dice < 32) {
            ask(client, MessageType.DECLINE, Crowd.describe(claim.key()), serverId());
        } else {
            if (dice < 50) {
                client.place = random.nextInt(4);
                Set<Ipv6Address> sources = new java.util.HashSet<>(claim.sources());
                sources.add(Layout.source(client.number, client.place));
                client.claim = new Claim(client.number, claim.key(), claim.until(), sources);
            }
            if (dice < 80) {
                ask(client, MessageType.RENEW, Crowd.describe(claim.key()), serverId());
            } else {
                ask(client, MessageType.REBIND, Crowd.describe(claim.key()));
            }
        }
    }

    private static Option serverId() {
        return new Option.ServerId(ServerProcess.DUID);
    }

    private void ask(Client client, MessageType type, Options content, Option... more) throws IOException {
        transaction = transaction + 1 & 0xFFFFFF;
        client.content = false;
        client.pending = new Message.Direct(
                type,
                transaction,
                Options.of(new Option.ClientId(client.duid), new IaDstm(1, 0, 0, content))
                        .and(more));
        client.sent = Instant.now();
        client.waitNanos = FIRST_WAIT_NANOS;
        client.repeated = false;
        waiting.put(transaction, client);
        send(client);
    }

    private void send(Client client) throws IOException {
        client.againNanos = System.nanoTime() + client.waitNanos;
        Ipv6Address source = Layout.source(client.number, client.place);
        Message relayed = new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                Layout.source(client.number, 0),
                source,
                Options.of(
                        new Option.RelayPort(0),
                        new Option.RelayMsg(java.util.Objects.requireNonNull(client.pending))));
        try {
            socket.send(ByteBuffer.wrap(codec.encode(relayed)), server);
        } catch (java.net.PortUnreachableException killed) {
            // It will be sent again.
        }
    }

    private void take(Message.Direct answer) throws IOException {
        Client client = waiting.get(answer.transactionId());
        Message.Direct question = client == null ? null : client.pending;
        if (client == null || question == null || question.transactionId() != answer.transactionId()) {
            return;
        }
        waiting.remove(answer.transactionId());
        client.pending = null;
        Optional<IaDstm> ia = answer.options().first(IaDstm.class);
        if (answer.type().equals(MessageType.ADVERTISE)) {
            if (question.type().equals(MessageType.SOLICIT)
                    && ia.isPresent()
                    && ia.get().options().has(IaAddress.class)) {
                ask(client, MessageType.REQUEST, ia.get().options(), serverId());
            }
            return;
        }
        if (question.type().equals(MessageType.RELEASE) || question.type().equals(MessageType.DECLINE)) {
            takenBack(client, ia);
        } else if (ia.isPresent()) {
            lent(client, ia.get());
        }
    }

    private void takenBack(Client client, Optional<IaDstm> ia) {
        Claim claim = client.giving;
        if (claim == null) {
            return;
        }
        tally.acknowledged++;
        boolean unknown = ia.isPresent() && ia.get().options().status().equals(Status.NO_BINDING);
        if (unknown && claim.until().isAfter(Instant.now()) && !client.repeated) {
            tally.lost(claim + " was not known when it was given back");
        }
        client.content = true;
        returned.put(claim.key(), new Return(client.number, claim.key(), client.sent, claim.sources()));
    }

    private void lent(Client client, IaDstm ia) {
        Instant now = Instant.now();
        Claim before = client.claim;
        Optional<IaAddress> address = ia.options()
                .first(IaAddress.class)
                .filter(one -> one.valid() > 0 && one.address().unmapped().isPresent());
        Optional<PortSet> ports = PortRanges.toPortSet(ia.options()
                .all(Option.DstmPorts.class)
                .map(Option.DstmPorts::range)
                .toList());
        if (address.isEmpty() || ports.isEmpty()) {
            if (before != null
                    && before.until().isAfter(now)
                    && ia.options().status().equals(Status.NO_BINDING)) {
                tally.lost(before + " was not known when its client came back");
                client.claim = null;
            }
            return;
        }
        LeaseKey key = new LeaseKey(address.get().address().unmapped().orElseThrow(), ports.get());
        if (before != null && before.until().isAfter(now) && !before.key().equals(key)) {
            tally.lost(before + " became " + key);
        }
        tally.acknowledged++;
        Claim claim = new Claim(
                client.number,
                key,
                client.sent.plusSeconds(address.get().valid()),
                Set.of(Layout.source(client.number, client.place)));
        client.claim = claim;
        checkAlone(claim, now);
        Return former = returned.get(key);
        if (former != null && former.client() != client.number) {
            if (now.isBefore(former.sent().plusSeconds(Layout.QUARANTINE_SECONDS))) {
                tally.twice(key + " went to another client before its rest was over");
            }
        }
        returned.remove(key);
    }

    /** Nobody else may have been promised it for this moment. */
    private void checkAlone(Claim claim, Instant now) {
        for (Client other : clients) {
            Claim theirs = other.claim;
            if (theirs != null
                    && other.number != claim.client()
                    && theirs.until().isAfter(now)
                    && theirs.key().address().equals(claim.key().address())
                    && theirs.key().ports().overlaps(claim.key().ports())) {
                tally.twice(claim + " was promised while there was " + theirs);
            }
        }
    }

    /** What is promised beyond {@code moment}. */
    List<Claim> claims(Instant moment) {
        return clients.stream()
                .map(client -> client.claim)
                .filter(claim -> claim != null && claim.until().isAfter(moment))
                .toList();
    }

    /** What was given back by clients that have asked for nothing since. */
    List<Return> returns() {
        return returned.values().stream()
                .filter(one -> clients.get(one.client()).content)
                .toList();
    }

    static String identity(int client) {
        return "duid:00030001" + String.format("%012x", client + 1);
    }

    @Override
    public void close() throws IOException {
        selector.close();
        socket.close();
    }
}
