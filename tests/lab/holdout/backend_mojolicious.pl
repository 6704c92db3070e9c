# The lab's application with Perl's Mojolicious. Started as `backend_mojolicious.pl DESCRIPTOR`; see behaviour.py.
use Mojolicious::Lite -signatures;
use Mojo::JSON qw(decode_json encode_json);
use Mojo::Server::Daemon;

my $behaviour = decode_json($ENV{LAB_BEHAVIOUR});
my $open = 0;
app->mode('production');
app->log->level('fatal');

app->hook(before_dispatch => sub ($c) {
  my $request = $c->req;
  my $entry = {
    method  => $request->method,
    target  => $request->url->path_query . '',
    host    => $request->headers->host // '',
    upgrade => $c->tx->is_websocket ? Mojo::JSON->true : Mojo::JSON->false,
  };
  open my $record, '>>', $ENV{LAB_RECORD} or die $!;
  print {$record} encode_json($entry), "\n";
  close $record;
});

if ($behaviour->{has_health}) {
  get '/api/system/health' => sub ($c) {
    my $ws = {available => $behaviour->{health_says_available}, active_connections => $open, topics => 3};
    $c->render(json => {status => 'ok', ws => $ws});
  };
}

if ($behaviour->{has_route}) {
  websocket '/api/ws' => sub ($c) {
    return $c->render_later if $behaviour->{hangs};
    die 'the token store is not there' if $behaviour->{crashes};
    my $origin = $c->req->headers->origin // '';
    return $c->render(text => 'wrong origin', status => 403)
      if $behaviour->{only_origin} && $origin ne $behaviour->{only_origin};
    my $permitted = !$behaviour->{checks_token} || ($c->param('token') // '') eq $behaviour->{token};
    my $late = $behaviour->{close_code_after_accept};
    return $c->render(json => {error => 'invalid token'}, status => 401) if !$permitted && !$late;
    return $c->finish($late => 'invalid token') if !$permitted;
    $open++;
    $c->on(message => sub ($c, $message) { $c->send('{"type":"pong"}') });
    $c->on(finish  => sub { $open-- });
  };
}

my $daemon = Mojo::Server::Daemon->new(app => app, listen => ["http://127.0.0.1?fd=$ARGV[0]"], silent => 1);
$daemon->run;
