import sys,traceback,collections
def tb(f,*a):
    for i in range(12):
        try: r=f(*a)
        except BaseException as e:
            out=[type(e).__name__,str(e),repr(e.__context__),[(x.name,x.lineno,x.line) for x in traceback.extract_tb(e.__traceback__)]]
        else: out=repr(r)
    print(out)
class S(str): 
    def __str__(s): return 'again'
class O:
    def __init__(s,v='v'): s.v=v
    def __str__(s): 
        
        if s.v=='boom': raise ValueError('boom')
        return s.v
    def __repr__(s): return f'<{s.v}é>'
    def __getitem__(s,k): return k
class F(O):
    def __format__(s,spec): return f'F({spec})'
    @property
    def prop(s): return s.v
    def __getattr__(s,n): 
        if n.startswith('__'): raise AttributeError(n)
        return 'attr '+n
def main():
    o=O(); b=O('boom'); n=O(3); sub=O(S('sub'))
    for fmt in ('%s','%r','%a','%10s|','%-10.1s|','%.3r','%%%s','%s%%','%d','%(x)s','%*s','%s %s','','%','%5','%c','%x','%5%','%z','%s\u1234','\U00012345%r'):
        for v in (o,b,n,sub,(o,),(b,),(o,o),(o,1),(1,o),[o],{1:o},(o,'x',3),{'x':o}): tb(lambda: fmt%v)
    tb(lambda: '%d %s %5.2f %x %r %i'%(1,o,2.5,255,o,2**62)); tb(lambda: '%d %s'%('x',b)); tb(lambda: '%s %d'%(o,'x')); tb(lambda: '%s %d'%(b,'x'));tb(lambda: '%s %d'%(o,2**200))
    class RM(str):
        def __rmod__(s,o): return 'rmod'
    tb(lambda: '%s'%RM('x'))
    f=F()
    for fmt in ('{}','{!s}','{!r}','{!a}','{!x}','{:>10}','{!s:>10}','{0}{0}','{}{0}','{0}{}','{1}','{}{}','{','}','{{}}','{{{}}}','{:{}}','{:{}{}}','{:{:{}}}','{0.prop}','{0.v}','{0.x}','{0[a]}','{0[1]}','{a}','{a!r:{b}}','{a.b.c}','{0.}','{0[}','{!}','{:','{0!rx}','{99999999999999999999}','x{0}y{1}z'):
        tb(lambda: fmt.format(o)); tb(lambda: fmt.format(f)); tb(lambda: fmt.format(f,10)); tb(lambda: fmt.format(b,a=f,b='>20')); tb(lambda: fmt.format(n)); tb(lambda: fmt.format([o],sub)); tb(lambda: fmt.format(*[f],**{'a':o}))
    class Keys:
        def __getitem__(s,k):
            if k == 'bad': raise KeyError(k)
            return o if k == 'a' else k
    class Missing(dict):
        def __missing__(s,k): return k.upper()
    for fmt in ('{}','{a}','{a!r:>10}','{0}','{b[x]}','{a[x]}','{a.v}','{a.prop}','{bad}','{bad.x}','{a:{b}}','{b:{c}}','{a}{}','{0[a]}','{','{{}}','{a','{a[}','{a.none.b}','{:{a}}'):
        for m in (Keys(),Missing(a=f),Missing(),{'a':f,'b':o},{},[1],None,5,collections.defaultdict(list)): tb(lambda: fmt.format_map(m))
    tb(lambda: ''.format_map()); tb(lambda: '{a}'.format_map(Keys(),1)); tb(lambda: '{a}'.format_map(mapping=Keys())); tb(lambda: '{a}'.format_map(*[Keys()]))
    l=[o]; l.append(l)
    class BadRepr:
        def __repr__(s): raise KeyError('bad')
    class Mut:
        def __repr__(s): l2.clear() or d2.update({len(d2):1} if len(d2)<3 else {}); return 'mut'
    l2=[Mut(),Mut(),1]; d2={Mut():Mut()}
    for x in (l,(o,),{o:o},{o},frozenset([o]),[BadRepr()],(1,BadRepr()),{1:BadRepr()},{BadRepr()},l2,d2,[],collections.deque([o]),collections.OrderedDict(a=o),collections.defaultdict(int,a=o),collections.Counter([o])):
        tb(lambda: repr(x)); tb(lambda: str(x)); tb(lambda: f'{x}'); tb(lambda: f'{x!s:>40}'); tb(lambda: '%s'%(x,)); tb(lambda: '{!r:*^50}'.format(x)); tb(lambda: f'{x:5}'); tb(lambda: ascii(x))
    try: tb(lambda: repr([BadRepr()]))
    finally: tb(lambda: repr([o]))
main()
